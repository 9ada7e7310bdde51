"""Marks in a row's values what a query found, for both homes of the search index alike. Pure.

A fragment is a short piece of a value around its matches, HTML-escaped but for `<mark>`. Words, prefixes and phrases are matched by the
rule that the index follows (`backbone.query.words`); what a query excludes is not marked.
"""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any as AnyValue
from typing import Final

from backbone.model import Column
from backbone.query.ast import All, Any, Node, Not, Phrase, Word
from backbone.query.plan import exact_needles
from backbone.query.words import FoundWord, find_words, folded_words, umlauts_written_out

CONTEXT_CHARACTERS: Final = 60  # kept on each side of a match
FRAGMENTS_MAX: Final = 3  # of one value
VALUE_CHARACTERS_MAX: Final = 100_000  # looked at in one value
PAGE_CHARACTERS_MAX: Final = 2_000_000  # looked at in all values of a page: about a second's work


class Attention:
    """How many characters of a page are still looked at. Values behind them are told as they are, without marks."""

    def __init__(self, characters: int = PAGE_CHARACTERS_MAX) -> None:
        self._left = characters

    def take(self, text: str) -> str:
        taken = text[: self._left]
        self._left -= len(taken)
        return taken


class _Pattern:
    """Parts that follow each other, the last of them perhaps a prefix; or one word, which may be written as several parts (`wifi` as `wi-fi`)."""

    def __init__(self, words: Sequence[str], prefix: bool, column: str | None) -> None:
        self.words = words
        self.prefix = prefix
        self.column = column
        self._joined_words = words[0].replace(".", "")

    def length(self, text: str, occurrences: Sequence[FoundWord], place: int) -> int:
        """How many parts from `place` on are what is looked for; 0: they are not."""
        if self._follows(occurrences, place):
            return len(self.words)
        return self._joined(text, occurrences, place) if len(self.words) == 1 else 0

    def _follows(self, occurrences: Sequence[FoundWord], place: int) -> bool:
        window = occurrences[place : place + len(self.words)]
        if len(window) < len(self.words):
            return False
        *before, last = self.words
        is_last = window[-1].folded.startswith(last) if self.prefix else window[-1].folded == last
        return is_last and all(word.folded == wanted for word, wanted in zip(window, before, strict=False))

    def _joined(self, text: str, occurrences: Sequence[FoundWord], place: int) -> int:
        first = occurrences[place]
        if self._joined_words.startswith(first.folded) or (self.prefix and first.folded.startswith(self._joined_words)):
            joined = ""
            for number in range(len(occurrences) - place):
                word = occurrences[place + number]
                if number and word.start - occurrences[place + number - 1].end > 1:
                    return 0
                joined += word.folded
                if joined == self._joined_words or (self.prefix and joined.startswith(self._joined_words)):
                    return number + 1
                if not self._joined_words.startswith(joined):
                    break
        written = text[first.start : first.end]
        return 0 if written.isascii() else int(self.words[0] in umlauts_written_out(written))


def highlight(
    values: Mapping[str, AnyValue], node: Node, columns: Sequence[Column], attention: Attention | None = None
) -> dict[str, list[str]]:
    """Column name to fragments, for the columns in which something was found. `attention` is what the rows of a page share."""
    attention = attention or Attention()
    patterns = list(_wanted(node))
    marked = {
        column.name: _fragments(
            attention.take(_text(values.get(column.name))), [each for each in patterns if each.column in (None, column.name)]
        )
        for column in columns
    }
    return {name: fragments for name, fragments in marked.items() if fragments}


def _wanted(node: Node) -> Iterator[_Pattern]:
    if isinstance(node, Word):
        for text in (node.text, *node.forms, *node.typos):
            yield from (_Pattern(words, node.prefix, node.column) for words in {needle.tokens for needle in exact_needles(text)})
    elif isinstance(node, Phrase):
        yield _Pattern(folded_words(node.text), False, node.column)
    elif isinstance(node, All | Any):
        for part in node.nodes:
            yield from _wanted(part)
    else:
        assert isinstance(node, Not)  # what must not occur has nothing to mark


def _text(value: AnyValue) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)[:VALUE_CHARACTERS_MAX]


def _fragments(text: str, patterns: Sequence[_Pattern]) -> list[str]:
    marks = _marks(text, patterns)
    return [_fragment(text, group) for group in _grouped(marks)[:FRAGMENTS_MAX]]


def _marks(text: str, patterns: Sequence[_Pattern]) -> list[tuple[int, int]]:
    """Places of the matches, in order, without overlaps."""
    occurrences = list(find_words(text))
    marks: list[tuple[int, int]] = []
    for place, word in enumerate(occurrences):
        lengths = [length for pattern in patterns if (length := pattern.length(text, occurrences, place))]
        if not lengths:
            continue
        end = occurrences[place + max(lengths) - 1].end
        if marks and word.start < marks[-1][1]:
            marks[-1] = (marks[-1][0], max(end, marks[-1][1]))
        else:
            marks.append((word.start, end))
    return marks


def _grouped(marks: Sequence[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """Marks so near to each other that their surroundings would touch share a fragment."""
    groups: list[list[tuple[int, int]]] = []
    for mark in marks:
        if groups and mark[0] - groups[-1][-1][1] <= 2 * CONTEXT_CHARACTERS and mark[1] - groups[-1][0][0] <= 4 * CONTEXT_CHARACTERS:
            groups[-1].append(mark)
        else:
            groups.append([mark])
    return groups


def _fragment(text: str, marks: Sequence[tuple[int, int]]) -> str:
    start = _word_start(text, marks[0][0])
    end = _word_end(text, marks[-1][1])
    out = ["… " if start > 0 else ""]
    place = start
    for mark_start, mark_end in marks:
        out += [escape(text[place:mark_start]), "<mark>", escape(text[mark_start:mark_end], quote=False), "</mark>"]
        place = mark_end
    out += [escape(text[place:end]), " …" if end < len(text) else ""]
    return "".join(out)


def _word_start(text: str, mark: int) -> int:
    """About `CONTEXT_CHARACTERS` before the mark, behind a blank where there is one."""
    start = mark - CONTEXT_CHARACTERS
    if start <= 0:
        return 0
    blank = text.find(" ", start, mark)
    return start if blank < 0 else blank + 1


def _word_end(text: str, mark: int) -> int:
    end = mark + CONTEXT_CHARACTERS
    if end >= len(text):
        return len(text)
    blank = text.rfind(" ", mark, end)
    return end if blank < 0 else blank
