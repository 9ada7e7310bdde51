"""What an upload may say. Generated from the API's own options by `make client`: change those in `services/upload`."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, TypedDict


class UploadOptions(TypedDict, total=False):
    """What an upload may say; docs/options.md explains each. All of it is found out when not said."""

    file_name: str
    dataset: str
    mode: Literal["append", "upsert", "replace", "update", "delete"]
    key: str | Sequence[str]
    hold: bool
    retype: bool
    format: Literal["csv", "xlsx", "xls", "ods", "parquet", "arrow", "json", "ndjson"]
    sheet: str
    range: str
    delimiter: str
    quote: str
    escape: str
    encoding: str
    encoding_errors: Literal["reject", "replace", "latin-1"]
    header: bool
    skip: int
    dialect: Literal["excel", "mysql", "postgres-copy", "rfc4180"]
    comment: str
    header_rows: int
    skip_end: int
    null: str
    types: str
    ragged: Literal["fill", "reject"]
    max_rejects: str | int
    shrink: Literal["refuse", "allow"]
    empty: bool
    if_changed: bool
    on_warning: Literal["publish", "hold"]
    names: str
    columns: Literal["match", "any", "strict", "position"]
    missing: Literal["keep", "null"]
    language: Literal[
        "none",
        "danish",
        "dutch",
        "english",
        "finnish",
        "french",
        "german",
        "italian",
        "norwegian",
        "portuguese",
        "russian",
        "spanish",
        "swedish",
    ]


OPTIONS: Final[Mapping[str, str]] = {
    "file_name": "The file's name. In a form, the part's own name is taken.",
    "dataset": "Where the rows go. Named after the file when not given.",
    "mode": "`append` adds the rows, `upsert` goes by `key`, `update` too and adds none, `delete` takes keys out, `replace` takes all.",
    "key": "With `mode=upsert`, `update` and `delete`, or with `replace` to be told what differs: titles or names of the columns that name a row.",
    "hold": "Stop before readers see it. `version=N` previews it; then publish or discard it.",
    "retype": "Where the file has values that a column's type cannot take, the column gets a type that takes all.",
    "format": "What the file is; found out by its first bytes when not given. `csv`: text, whatever it looks like.",
    "sheet": "Of a workbook: the sheet to read, by name or by number from 1. The first one with a value when not given.",
    "range": "Of a workbook: the cells to read, the header among them; `C4` is all from there on.",
    "delimiter": "The character between fields, or `tab`, `comma`, `semicolon`, `pipe`, `space`. Found out when not given, as everything below.",
    "quote": "The character around fields that hold delimiters or line breaks; `none` or empty: there is none.",
    "escape": "The character before a quote inside a quoted field; `none` or empty: quotes are doubled.",
    "encoding": "What the file is written in. Found by byte order mark, strict UTF-8, then a guess.",
    "encoding_errors": "What becomes of bytes that are not of the encoding: their record is a reject, or U+FFFD, or Windows-1252 stands for them.",
    "header": "Whether the first record names the columns (`present` and `absent` are understood, too).",
    "skip": "Lines before the header that are no data.",
    "dialect": "How a family of programs writes, instead of finding it out.",
    "comment": "The character that records begin with which are no data; `none` or empty: there are no such.",
    "header_rows": "How many records the titles are made of: with 2, those that stand above each other are joined.",
    "skip_end": "Lines at the end of the file that are no data, such as totals.",
    "null": "Texts that stand for null, besides the empty field: `NULL,N/A,-`, or in single columns `price:-,n/a;name:NULL`.",
    "types": "Types that you declare, each with its format. A value that does not fit is a reject.",
    "ragged": "What becomes of a record with too few fields: the rest is null, or it is a reject.",
    "max_rejects": "With more rejects than this nothing is published: a count or a share of the records, half when not given. `100%` allows all.",
    "shrink": "With `mode=replace`: `allow` publishes a file with less than a tenth of the rows of the version before, or none of its titles.",
    "empty": 'A file without a record is taken as it is: with `mode=replace` the dataset becomes empty ("nothing today").',
    "if_changed": "When the dataset has this very file already, the upload ends UNCHANGED, and nothing is loaded.",
    "on_warning": "`hold`: with a finding of level warning the upload stops before readers see it, as with `hold=true`.",
    "names": "The titles of the columns, comma between, for a file without a header; with `header=true` instead of its own.",
    "columns": "How the dataset's columns are found: by title or name (`any`: even if none is known; `strict`: no others), or in order.",
    "missing": "With `mode=upsert` and `update`: in columns that the file does not have, an updated row keeps its value, or loses it.",
    "language": "In which words are found in their other forms too (`teapots` for `teapot`). Found in columns of sentences when not given.",
}
