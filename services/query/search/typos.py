"""What may be meant by a query: its words as the dataset has them, for `fuzzy=true`, and for a search that found nothing."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Final

from msgspec import structs

from backbone.errors import TooSlow
from backbone.model import View
from backbone.query.ast import All, Any, Node, Word
from backbone.query.typos import SimilarWord, mistypable
from backbone.search.port import SearchIndex

SUGGESTIONS_MAX: Final = 3
WORDS_MAX: Final = 5  # of a query are looked up
OF_EACH_WORD_MAX: Final = 5
TRIED_MAX: Final = 10
SUGGESTED_WITHIN_S: Final = 2.0  # for each word; afterwards nothing is suggested


async def with_typos(index: SearchIndex, view: View, node: Node) -> Node:
    """The query, where each of its first words counts as found where a word of the dataset is it, mistyped. Raises as `similar_words`."""
    similar = {word: await index.similar_words(view, word) for word in _mistypable_words(node)}
    typos = {word: tuple(other.word for other in others if other.steps) for word, others in similar.items()}
    return _replaced(node, typos)


async def corrections(index: SearchIndex, view: View, q: str, node: Node) -> Iterator[str]:
    """Queries like `q` in which the words that are nowhere in the dataset are ones that are; the likeliest first, at most `TRIED_MAX`."""
    replacements: dict[str, Sequence[SimilarWord]] = {}
    for word in _mistypable_words(node):
        try:
            similar = await index.similar_words(view, word, SUGGESTED_WITHIN_S)
        except TooSlow:
            return iter(())
        if similar and similar[0].steps:
            replacements[word] = similar[:OF_EACH_WORD_MAX]
    if not replacements:
        return iter(())
    choices = sorted(product(*replacements.values()), key=lambda choice: sum(similar.steps for similar in choice))
    corrected = (_corrected(q, dict(zip(replacements, choice, strict=True))) for choice in choices)
    return islice(dict.fromkeys(corrected), TRIED_MAX)


def _mistypable_words(node: Node) -> list[str]:
    words = (mistypable(word.text) for word in _words(node) if not word.prefix)
    return list(dict.fromkeys(word for word in words if word is not None))[:WORDS_MAX]


def _words(node: Node) -> Iterator[Word]:
    """That are asked to be there."""
    if isinstance(node, Word):
        yield node
    elif isinstance(node, All | Any):
        for part in node.nodes:
            yield from _words(part)


def _replaced(node: Node, typos: Mapping[str, tuple[str, ...]]) -> Node:
    if isinstance(node, Word) and not node.prefix:
        return structs.replace(node, typos=typos.get(mistypable(node.text) or "", ()))
    if isinstance(node, All | Any):
        return type(node)(tuple(_replaced(part, typos) for part in node.nodes))
    return node


def _corrected(q: str, words: Mapping[str, SimilarWord]) -> str:
    def replacement(match: re.Match[str]) -> str:
        similar = words.get(mistypable(match.group()) or "")
        return match.group() if similar is None else similar.word

    return re.sub(r"[^\W\d_]+", replacement, q)
