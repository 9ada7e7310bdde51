"""The values that travel between the parts: frozen, without I/O, in the words of the glossary."""

from typing import Final, Literal

import msgspec
from msgspec import Struct, structs

ColumnType = Literal["integer", "decimal", "boolean", "date", "timestamp", "text"]
Mode = Literal["append", "upsert", "replace", "update", "delete"]
MERGING: Final[frozenset[Mode]] = frozenset(("upsert", "update", "delete"))  # modes that supersede single rows of the versions before
Layout = Literal["columns", "cells"]


# By which documents are made and indexed (`docs/design/words.md`). 2 keeps what the analyzer cuts in fields of its own, copies of the values; 3 beside
# the values. Tables of 1 have no documents any more (migration 0023).
WORDS_RULE: Final = 4
WORDS_RULE_MIN: Final = 2
WIDE_COLUMNS: Final = 200  # more make a file or a table a wide one: read as cells, kept as cells, with a search index of few fields
COLUMNS_MAX: Final = 10_000  # of a file by default (ROWMILL_COLUMNS_MAX), and of all files of a dataset together


class Dialect(Struct, frozen=True, kw_only=True):
    """How the bytes of a file become records. `skip` counts preamble lines before the header (or before the first record)."""

    delimiter: str = ","
    quote: str = '"'
    escape: str | None = None  # None: a quote inside a quoted field is doubled; else the escape character, a backslash
    encoding: str = "utf-8"  # Python's name of it; a byte order mark is not part of the first field
    header: bool = True
    skip: int = 0
    compression: str = ""  # "gzip", "zstd", "bzip2" or "zip": how the file came; what is read is unpacked
    format: str = ""  # "xlsx", "parquet", "ndjson" …: of which a CSV file was made that is read; empty: the file is one
    null: str = ""  # texts that stand for null, besides the empty field, as `null=` has them
    ragged: Literal["fill", "reject"] = "fill"  # what becomes of a record with too few fields
    left_out: int = 0  # last columns of the header that are no data: `_record,_line,_reason` of a mended file of rejects
    marked: bool = False  # bytes that are not of the encoding stand as marks in the reading copy; their records are rejects
    empty_columns: int = 0  # last fields of the records that have neither title nor value; a record with a value there is a reject
    blank_after: bool = False  # blanks behind a delimiter are no part of the field
    comment: str = ""  # records that begin with this character are left out
    sequences: bool = False  # `\\n`, `\\t` … stand for what they do in MySQL and PostgreSQL's COPY; needs `escape`
    header_rows: int = 1  # records that the titles are made of
    skip_end: int = 0  # lines at the file's end that are no data
    keeps_empty: bool = False  # an empty field is an empty text: null is what `null` says, and nothing else
    sent_rows: bool = False  # the file was written by us, of rows that were sent as such

    @property
    def has_only_rows(self) -> bool:
        """Each record is a row: also one of nothing but nulls, and one that looks like the header."""
        return self.sent_rows or self.has_known_columns

    @property
    def has_known_columns(self) -> bool:
        """The file's format knows its columns and rows, so nothing about either was found out: a record of nothing but nulls is a row."""
        return self.format in ("parquet", "arrow", "json", "ndjson")


class Column(Struct, frozen=True, kw_only=True):
    """A column of a dataset. `name` is the safe identifier, `title` what stood in the header.

    `format` is set for timestamps and declared dates only: a strftime pattern (`%Y-%m-%dT%H:%M:%S%.3fZ`, where `%.3f` is a point
    and that many digits of the second's fraction) by which every value of the column is written back as it stood in the file.
    """

    name: str
    title: str
    type: ColumnType
    format: str | None = None
    # Set when the user gave the type: how this file writes the values (`%d/%m/%Y`, `1.234,56`, `yes/no`), or empty for the usual ways.
    # Such values are converted, and one that cannot be is a reject.
    declared: str | None = None
    undecided: bool = False  # no file has had a value in it: it is text until one has, and gets the type of that
    nulls: tuple[str, ...] = ()  # of a file's column: texts that stand for null in it
    weight: int | None = None  # how much a word in it says of its row (`backbone.query.fields`); None: as its name and type say
    language: str | None = None  # of its sentences (`backbone.query.stems`); None: it has none, or one that is not known
    prose: bool = False  # text of many long, different values: worth searching, never worth an index of whole values
    codes: bool = False  # text of many values such as `AB-12`, which an index may join by itself


class Chunk(Struct, frozen=True, kw_only=True):
    """A byte range of the stored file that starts and ends on record borders.

    `records` is the scan's count, which the parser's must equal; `first_record` (the header is not counted) and `first_line` are
    1-based places in the whole file. `clean` chunks may be read column-wise; others go to the exact reader.
    """

    number: int  # from 0 within its upload
    offset: int  # bytes from the start of the stored file
    length: int  # bytes
    records: int
    first_record: int
    first_line: int
    clean: bool
    oversized: bool = False  # one single record beyond the limit: never read as a whole, it becomes a reject


class Redeclared(Struct, frozen=True, kw_only=True):
    """A type that a column was given afterwards: the files of versions `first` to `last` are read as if it had been declared for them."""

    column: Column
    first: int
    last: int


class Reread(Struct, frozen=True, kw_only=True):
    """How the files of a table are read otherwise than when they were loaded, because columns were given other types afterwards."""

    columns: tuple[Redeclared, ...] = ()  # in the order in which they were changed

    def declare(self, columns: tuple[Column, ...], version: int) -> tuple[Column, ...]:
        """The columns of a version's file, under the table's names, as they are read now."""
        newest = {one.column.name: one.column for one in self.columns if one.first <= version <= one.last}
        return tuple(
            column
            if (known := newest.get(column.name)) is None
            else structs.replace(column, type=known.type, format=known.format, declared=known.declared, undecided=False)
            for column in columns
        )

    def __add__(self, other: "Reread") -> "Reread":
        return Reread(columns=self.columns + other.columns)


Documents = Literal["none", "old", "coming", "there"]
"""Whether a table's rows have documents in an index that keeps some: no, for few rows are searched as they lie; no, and an index of an older
Rowmill is still to be dropped; they are put there by writers, while readers still search the rows; all are there."""


class Table(Struct, frozen=True, kw_only=True):
    """The physical home of a dataset's rows. Its PostgreSQL table and its search index are both named `rows_{id}`."""

    id: int
    columns: tuple[Column, ...]
    layout: Layout = "columns"
    reread: Reread = Reread()
    words_rule: int = WORDS_RULE  # of its documents in an index that keeps them
    language: str = "none"  # in which words are found in their other forms too
    documents: Documents = "there"
    shards: int = 1  # of its search index, where that keeps documents

    @property
    def name(self) -> str:
        return f"rows_{self.id}"

    @property
    def takes_documents(self) -> bool:
        """Whether an index that keeps documents is to have those of this table."""
        return self.documents in ("coming", "there")

    @property
    def has_documents(self) -> bool:
        """Whether it has them all, so that readers may ask it."""
        return self.documents == "there"

    @property
    def is_wide(self) -> bool:
        """Whether the table's search index holds few fields, whatever the layout of its rows."""
        return self.layout == "cells" or len(self.columns) > WIDE_COLUMNS


class View(Struct, frozen=True, kw_only=True):
    """What a reader sees: a table at a version. A row is visible when `_from <= version` and not `_until <= version`."""

    dataset: str
    table: Table
    version: int
    longest_row: int = 0  # characters of values: no row has more


class StoredRow(Struct, frozen=True, kw_only=True, rename={"row": "_row", "since": "_from", "until": "_until"}):
    """A row as it lies in a table, or its document in a search index, whoever may see it. `values` is a JSON object, as `Hit.values`."""

    row: int
    since: int  # the version that brought it
    until: int | None = None  # the version that superseded it
    values: msgspec.Raw = msgspec.Raw(b"{}")
    id: str = ""  # the document's; empty for a row

    def is_visible_in(self, version: int) -> bool:
        return self.since <= version and (self.until is None or self.until > version)


class Reject(Struct, frozen=True, kw_only=True):
    """A record that could not be loaded. `record` and `line` are 1-based in the file; `raw` is its text as it stood there."""

    record: int
    line: int
    reason: str  # a stable code, e.g. "too-many-fields"
    detail: str  # a sentence
    raw: str


class Balance(Struct, frozen=True):
    """The proof, taken before publish, that nothing got lost. `records`, `rows`, `rejects` and `documents` are of one upload;
    `visible_*` are of the whole dataset at the upload's version."""

    records: int
    rows: int
    rejects: int
    documents: int
    visible_rows: int
    visible_documents: int


ROWS_PER_CHUNK_BITS: Final = 32
ROWS_FROM: Final = -(1 << 63)  # no row lies before
ROWS_TO: Final = (1 << 63) - 1  # none as far as this


def chunk_of(row: int) -> tuple[int, int]:
    """`row_number` undone: the chunk's number within its table, and the position in the chunk."""
    return row >> ROWS_PER_CHUNK_BITS, row & ((1 << ROWS_PER_CHUNK_BITS) - 1)


def row_number(table_chunk: int, position: int) -> int:
    """`_row`: the chunk's number within its table and the row's 0-based position in the chunk, packed into one bigint.

    Chunk numbers grow over all uploads of a table and are never used twice, so a `_row` names one row of a table for ever, and
    ascending `_row` is file order, oldest upload first.
    """
    return (table_chunk << ROWS_PER_CHUNK_BITS) | position
