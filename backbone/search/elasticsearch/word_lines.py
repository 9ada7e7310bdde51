"""Documents with their words: what the rule (`backbone.query.words`) finds in them, so that both homes find the very same. Pure.

The parts of a text are left to an analyzer (`ANALYZERS`), which reads nearly all texts by the same rule; the line beside holds what else there is
to find (`wifi` for `wi-fi`). Of a value that the analyzer would read otherwise the line is the whole line of tokens, and the document says so
(`lined_field`), so that a query does not listen to the analyzer there.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final

import msgspec
from msgspec import Raw, structs

from backbone.model import Column, Table
from backbone.query.fields import Field, search_fields
from backbone.query.word_columns import PIECE_CHARACTERS_MAX, left_to_an_analyzer, left_to_codes_analyzer, token_lines
from backbone.rows.document_lines import ID_END

WORDS: Final = "words"
PARTS: Final = "parts"
BESIDE: Final = "parts"  # no column has a dot in its name
CODES: Final = "codes"  # of a column of codes: a field of its own, so that its analyzer is never taken for the other one
COPIED_RULE: Final = 2
BESIDE_RULE: Final = 3
OTHERS: Final = "others"  # the field of all columns that have none of their own
_DELIMITED: Final = {"type": "word_delimiter_graph", "split_on_case_change": False, "stem_english_possessive": False}
ANALYZERS: Final = {
    "tokenizer": {"pieces": {"type": "standard", "max_token_length": PIECE_CHARACTERS_MAX}},
    "filter": {"parts": _DELIMITED, "joined": {**_DELIMITED, "catenate_all": True}},
    "analyzer": {
        PARTS: {"type": "custom", "tokenizer": "pieces", "filter": ["parts", "lowercase", "asciifolding"]},
        CODES: {"type": "custom", "tokenizer": "whitespace", "filter": ["joined", "lowercase", "asciifolding"]},
    },
}
_NULL: Final = b"null"


def lines_field(table: Table, field: Field) -> str:
    """Called by the place of its column: a name may be anything."""
    return f"{WORDS}.{_member(table, field)}"


def lined_field(table: Table, field: Field) -> str:
    """True of documents whose words in a field are those of its line alone."""
    return f"{lines_field(table, field)}_lined"


def parts_field(table: Table, field: Field) -> str:
    """Where the analyzer puts what it cuts. Prose has no other use for the field of its values; others have a second field beside theirs,
    which costs Elasticsearch less than a copy elsewhere did."""
    if field.columns[0].prose:
        return f"values.{field.name}"
    beside = CODES if joins_codes(table, field.columns[0]) else BESIDE
    return f"values.{field.name}.{beside}" if is_beside(table) else f"{lines_field(table, field)}_parts"


def is_beside(table: Table) -> bool:
    return table.words_rule > COPIED_RULE


def joins_codes(table: Table, column: Column) -> bool:
    """Whether the analyzer of a column finds `AB-12` as `ab12` by itself: one token that is in no document costs the load a tenth."""
    return column.codes and not column.prose and table.words_rule > BESIDE_RULE


def with_words(table: Table, documents: bytes) -> bytes:
    """Each document with the member `words`, if it needs one; one that cannot be read is left as it is, for the index to refuse."""
    read, members = _shape(table)
    try:
        read_documents = read(_as_list(documents))
    except msgspec.MsgspecError:
        lines = documents.splitlines(keepends=True)
        return documents if len(lines) == 1 else b"".join(with_words(table, line) for line in lines)
    words: dict[int, bytes] = {}
    for number, member in members(read_documents):
        words[number] = words.get(number, b"") + b"," + member
    if not words:
        return documents
    lines = documents.splitlines(keepends=True)
    for number, of in words.items():
        lines[number] = lines[number][:-2] + b',"words":{' + of[1:] + b"}}\n"
    return b"".join(lines)


def _as_list(documents: bytes) -> bytes:
    """The lines as JSON: a list of pairs of an id and a document."""
    return b"[[" + documents.removesuffix(b"\n").replace(ID_END, b",").replace(b"\n", b"],[") + b"]]" if documents else b"[]"


def without_codes(table: Table) -> Table:
    """For an index whose analyzers join nothing: what is joined is sent beside its documents."""
    return structs.replace(table, columns=tuple(structs.replace(column, codes=False) for column in table.columns))


def _member(table: Table, field: Field) -> str:
    return next((str(place) for place, column in enumerate(table.columns) if column.name == field.name), OTHERS) if field.name else OTHERS


_Members = Iterable[tuple[int, bytes]]  # the number of a document, and what it gets of JSON


@lru_cache(maxsize=64)
def _shape(table: Table) -> tuple[Callable[[bytes], list[Any]], Callable[[list[Any]], _Members]]:
    """How documents are read, and how their words are written."""
    if table.is_wide:
        wide = msgspec.defstruct("_Wide", [("texts", list[str], msgspec.field(name="_text", default_factory=list))])
        return msgspec.json.Decoder(list[tuple[Raw, wide]]).decode, lambda documents: _lines(OTHERS, map(_wide_line, documents))  # type: ignore[valid-type]
    # Numbers stay the bytes that they are, with every digit.
    columns = [
        (_attribute(place), str | None if column.type == "text" else Raw, msgspec.field(name=column.name, default=None))
        for place, column in enumerate(table.columns)
    ]
    values = msgspec.defstruct("_Values", columns, gc=False)
    document = msgspec.defstruct("_Document", [("values", values, msgspec.field(default_factory=values))], gc=False)

    def members(documents: list[Any]) -> _Members:
        rows = [document.values for _, document in documents]
        places = {column.name: place for place, column in enumerate(table.columns)}
        for field in search_fields(table):
            texts = [_texts(rows, places[column.name], column) for column in field.columns]
            if field.name:
                find = left_to_codes_analyzer if joins_codes(table, field.columns[0]) else left_to_an_analyzer
                yield from _beside_the_analyzer(_member(table, field), find(texts[0]))
            else:
                yield from _lines(OTHERS, map(b" ".join, zip(*map(token_lines, texts), strict=True)))

    return msgspec.json.Decoder(list[tuple[Raw, document]]).decode, members  # type: ignore[valid-type]


def _attribute(place: int) -> str:
    return f"c{place}"


def _texts(rows: list[Any], place: int, column: Column) -> list[str]:
    values = list(map(attrgetter(_attribute(place)), rows))
    if column.type != "text":
        return list(map(_text, values))
    return [value or "" for value in values] if None in values else values


def _text(value: Raw | None) -> str:
    written = _NULL if value is None else bytes(value)
    if written == _NULL:
        return ""
    return str(msgspec.json.decode(written)) if written.startswith(b'"') else written.decode()


def _wide_line(pair: tuple[Raw, Any]) -> bytes:
    return b" ".join(token_lines(pair[1].texts))


def _lines(member: str, lines: Iterable[bytes]) -> _Members:
    """Tokens are letters and digits, and what they are parted by: JSON takes them as they are."""
    begin = f'"{member}":"'.encode()
    for number, line in enumerate(lines):
        if line and not line.isspace():
            yield number, begin + line + b'"'


def _beside_the_analyzer(member: str, needs: Iterable[tuple[int, bytes, bool]]) -> _Members:
    begin, mark = f'"{member}":"'.encode(), f'"{member}_lined":true'.encode()
    for number, line, is_whole in needs:
        if line:
            yield number, begin + line + b'"'
        if is_whole:
            yield number, mark
