"""The language of `q` (`docs/design/search.md`). Pure: text in, a `Node` out, or a `BadRequest` that points at the character.

    query   = part { ["AND"] part }              every part must occur
    part    = term { "OR" term }                 one of the terms must occur; OR binds more tightly than AND and the space between parts
    term    = ("-" | "NOT") term | "(" query ")" | [column ":"] (phrase | word)
    phrase  = '"' any text but '"' '"'           these words, one directly after the other
    word    = text without blanks, quotes and parentheses; with "*" at its end: every word that starts like this
    column  = the name of a column, or its title where that has no blanks: the word is looked for in it alone

`AND`, `OR` and `NOT` are in capitals; `or` is a word. Before a `:` that follows no column's name stands a word like any other (`12:30`). What holds
no letter or digit (a dash on its own, `&`) is skipped, as the index skips it in the rows.
A word that the index cuts in several (`vaba-173710`) is found as the phrase of these.
"""

import re
from collections.abc import Sequence
from typing import Final

from backbone.errors import BadRequest
from backbone.model import Column
from backbone.query.ast import All, Any, Node, Not, Phrase, Word
from backbone.query.stems import forms_of
from backbone.query.words import folded_words, signed_word, split_prefix

DEPTH_MAX: Final = 20  # parentheses and dashes within each other
_TOKEN: Final = re.compile(r'\s*(?:(?P<minus>-+)(?=[^\s-])|(?P<quote>"[^"]*("|$))|(?P<paren>[()])|(?P<word>[^\s"()]+)|(?P<end>$))')


def parse_query(text: str, *, bytes_max: int, clauses_max: int, columns: Sequence[Column] = (), language: str = "none") -> Node | None:
    """None for an empty query. In a `language`, words are found in their other forms too.

    Raises `BadRequest` ("query-syntax" with `character`, 1-based; "query-too-long"; "query-too-complex")."""
    if len(text.encode()) > bytes_max:
        raise BadRequest("query-too-long", f"q is longer than {bytes_max} bytes (ROWMILL_QUERY_BYTES_MAX).")
    if not text.strip():
        return None
    parser = _Parser(text, clauses_max, columns, language)
    node = parser.query(depth=0)
    if parser.kind == "paren":
        raise parser.error("This closing parenthesis was never opened.")
    if node is None:
        raise BadRequest("query-syntax", "q holds no word to search for: words have letters or digits.", character=1)
    return node


class _Parser:
    """Looks one token ahead: `kind`, `token` and `start` tell of the token that comes next."""

    def __init__(self, text: str, clauses_max: int, columns: Sequence[Column], language: str) -> None:
        self._text = text
        self._language = language
        self._columns = {known: column.name for column in columns for known in (column.title.casefold(), column.name.casefold())}
        self._clauses_left = clauses_max
        self._clauses_max = clauses_max
        self._end = 0
        self._next()

    def query(self, depth: int) -> Node | None:
        parts: list[Node] = []
        while not self._at_end():
            if self._is_operator("OR", "AND"):
                if self.token == "OR" or self._is_first():
                    raise self.error(f"{self.token} needs a word on its left.")
                self._connective("AND")
            if (part := self._part(depth)) is not None:
                parts.append(part)
        return _joined(All, parts)

    def _part(self, depth: int) -> Node | None:
        terms = [self._term(depth)]
        while self._is_operator("OR"):
            self._connective("OR")
            terms.append(self._term(depth))
        return _joined(Any, [term for term in terms if term is not None])

    def _term(self, depth: int) -> Node | None:
        if depth > DEPTH_MAX:
            raise BadRequest("query-too-complex", f"q is nested more than {DEPTH_MAX} deep.", character=self.start + 1)
        kind, token, start = self.kind, self.token, self.start
        self._next()
        if kind == "word" and token == "NOT":
            if self._at_end() or self._is_operator("OR", "AND"):
                raise self.error("NOT needs a word on its right.", start)
            node = self._term(depth + 1)
            return None if node is None else Not(node)
        if kind == "minus":
            node = self._term(depth + 1)
            return None if node is None else Not(node) if len(token) % 2 else node
        if kind == "paren":
            return self._group(depth, start)
        return self._phrase(token, start, None) if kind == "quote" else self._named_word(token, start)

    def _connective(self, word: str) -> None:
        place = self.start
        self._next()
        if self._at_end() or self._is_operator("OR", "AND"):
            raise self.error(f"{word} needs a word on its right.", place)

    def _is_operator(self, *words: str) -> bool:
        return self.kind == "word" and self.token in words

    def _is_first(self) -> bool:
        return not self._text[: self.start].replace("(", " ").strip()

    def _named_word(self, token: str, start: int) -> Node | None:
        """With a column's name before it, or not."""
        name, colon, word = token.partition(":")
        column = self._columns.get(name.casefold()) if colon else None
        if column is None:
            return self._word(token, start, None)
        if word:
            return self._word(word, start, column)
        if self.kind == "quote" and self.start == start + len(token):
            phrase = self.token
            self._next()
            return self._phrase(phrase, start, column)
        return self._word(token, start, None)

    def _group(self, depth: int, start: int) -> Node | None:
        node = self.query(depth + 1)
        if self.token != ")":
            raise self.error("This parenthesis is never closed.", start)
        self._next()
        return node

    def _phrase(self, token: str, start: int, column: str | None) -> Node | None:
        if len(token) < 2 or not token.endswith('"'):
            raise self.error("This quotation mark is never closed.", start)
        return self._counted(Phrase(token[1:-1], column), start) if folded_words(token) else None

    def _word(self, token: str, start: int, column: str | None) -> Node | None:
        words = folded_words(token)
        if not words:
            return None
        stem = token.rstrip("*")
        # `foo.*` would be the word `foo` and then any word: what stands before the star must be the beginning of one.
        if stem == token or not folded_words(stem[-1]):
            forms = forms_of(words[0], self._language) if len(words) == 1 and signed_word(stem) is None else ()
            return self._counted(Word(stem, column=column, forms=forms), start)
        before, last = split_prefix(stem)
        if not last:  # letters of a script without blanks are words each: the phrase of them is what starts like it
            return self._counted(Phrase(stem, column), start)
        word = self._counted(Word(last, prefix=True, column=column), start)
        return All((self._counted(Phrase(before, column), start), word)) if folded_words(before) else word

    def _counted(self, node: Node, start: int) -> Node:
        self._clauses_left -= 1
        if self._clauses_left < 0:
            detail = f"q has more than {self._clauses_max} words and phrases (ROWMILL_QUERY_CLAUSES_MAX)."
            raise BadRequest("query-too-complex", detail, character=start + 1)
        return node

    def _at_end(self) -> bool:
        return self.kind == "end" or self.token == ")"

    def _next(self) -> None:
        match = _TOKEN.match(self._text, self._end)
        if match is None:  # nothing else is possible: every character but blanks begins one of the kinds
            raise self.error("This cannot be read.", self._end)
        self.kind = match.lastgroup or "end"
        if match["quote"] is not None:
            self.kind = "quote"
        self.token = match[self.kind]
        self.start = match.start(self.kind)
        self._end = match.end()

    def error(self, sentence: str, place: int | None = None) -> BadRequest:
        character = (self.start if place is None else place) + 1
        return BadRequest("query-syntax", f"In q, at character {character}: {sentence}", character=character)


def _joined(kind: type[All] | type[Any], nodes: list[Node]) -> Node | None:
    if len(nodes) <= 1:
        return nodes[0] if nodes else None
    return kind(tuple(nodes))
