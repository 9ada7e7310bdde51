"""The language of `q` (`docs/design/search.md`). Pure: text in, a `Node` out, or a `BadRequest` that points at the character.

    query   = part { part }                      every part must occur
    part    = term { "OR" term }                 one of the terms must occur; OR binds more tightly than the space between parts
    term    = "-" term | "(" query ")" | phrase | word
    phrase  = '"' any text but '"' '"'           these words, one directly after the other
    word    = text without blanks, quotes and parentheses; with "*" at its end: every word that starts like this

`OR` is in capitals; `or` is a word. What holds no letter or digit (a dash on its own, `&`) is skipped, as the index skips it in the rows.
A word that the index cuts in several (`vaba-173710`) is found as the phrase of these.
"""

import re
from typing import Final

from backbone.errors import BadRequest
from backbone.query.ast import All, Any, Node, Not, Phrase, Word
from backbone.query.words import folded_words

DEPTH_MAX: Final = 20  # parentheses and dashes within each other
_TOKEN: Final = re.compile(r'\s*(?:(?P<minus>-+)(?=[^\s-])|(?P<quote>"[^"]*("|$))|(?P<paren>[()])|(?P<word>[^\s"()]+)|(?P<end>$))')


def parse_query(text: str, *, bytes_max: int, clauses_max: int) -> Node | None:
    """None for an empty query. Raises `BadRequest` ("query-syntax" with `character`, 1-based; "query-too-long"; "query-too-complex")."""
    if len(text.encode()) > bytes_max:
        raise BadRequest("query-too-long", f"q is longer than {bytes_max} bytes (ROWMILL_QUERY_BYTES_MAX).")
    if not text.strip():
        return None
    parser = _Parser(text, clauses_max)
    node = parser.query(depth=0)
    if parser.kind == "paren":
        raise parser.error("This closing parenthesis was never opened.")
    if node is None:
        raise BadRequest("query-syntax", "q holds no word to search for: words have letters or digits.", character=1)
    return node


class _Parser:
    """Looks one token ahead: `kind`, `token` and `start` tell of the token that comes next."""

    def __init__(self, text: str, clauses_max: int) -> None:
        self._text = text
        self._clauses_left = clauses_max
        self._clauses_max = clauses_max
        self._end = 0
        self._next()

    def query(self, depth: int) -> Node | None:
        parts: list[Node] = []
        while not self._at_end():
            if self.token == "OR" and self.kind == "word":
                raise self.error("OR needs a word on its left.")
            if (part := self._part(depth)) is not None:
                parts.append(part)
        return _joined(All, parts)

    def _part(self, depth: int) -> Node | None:
        terms = [self._term(depth)]
        while self.kind == "word" and self.token == "OR":
            place = self.start
            self._next()
            if self._at_end() or self.token == "OR":
                raise self.error("OR needs a word on its right.", place)
            terms.append(self._term(depth))
        return _joined(Any, [term for term in terms if term is not None])

    def _term(self, depth: int) -> Node | None:
        if depth > DEPTH_MAX:
            raise BadRequest("query-too-complex", f"q is nested more than {DEPTH_MAX} deep.", character=self.start + 1)
        kind, token, start = self.kind, self.token, self.start
        self._next()
        if kind == "minus":
            node = self._term(depth + 1)
            return None if node is None else Not(node) if len(token) % 2 else node
        if kind == "paren":
            return self._group(depth, start)
        return self._phrase(token, start) if kind == "quote" else self._word(token, start)

    def _group(self, depth: int, start: int) -> Node | None:
        node = self.query(depth + 1)
        if self.token != ")":
            raise self.error("This parenthesis is never closed.", start)
        self._next()
        return node

    def _phrase(self, token: str, start: int) -> Node | None:
        if len(token) < 2 or not token.endswith('"'):
            raise self.error("This quotation mark is never closed.", start)
        return self._counted(Phrase(token[1:-1]), start) if folded_words(token) else None

    def _word(self, token: str, start: int) -> Node | None:
        if not folded_words(token):
            return None
        stem = token.rstrip("*")
        # `foo.*` would be the word `foo` and then any word: what stands before the star must be the beginning of one.
        is_prefix = stem != token and bool(folded_words(stem[-1]))
        return self._counted(Word(stem, prefix=is_prefix), start)

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
