"""What the user says about an upload, in the URL or in form fields. Pure."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from backbone.catalog.dataset_names import check_dataset_name, name_from_file
from backbone.columns.matching import Policy
from backbone.columns.titles import split_titles
from backbone.errors import BadRequest
from backbone.lifecycle.reject_limit import rejects_allowed
from backbone.model import MERGING, Mode
from backbone.query.stems import Language
from backbone.types.declared import read_types
from services.upload.file_name import check_file_name
from services.upload.option_values import meant, read_character, read_value
from services.upload.scan.decoder import Decoder, EncodingErrors
from services.upload.scan.dialect import HEADER_ROWS_MAX
from services.upload.scan.options import Family, ScanOptions
from services.upload.scan.reading_copy import InputName
from services.upload.tables.cell_range import read_range

SKIP_LINES_MAX: Final = 10_000
SKIP_END_LINES_MAX: Final = 100


class UploadOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Query parameters, form fields, OpenAPI and `docs/options.md` are made of this. What is not said about the file is found out."""

    file_name: Annotated[str, Meta(description="The file's name. In a form, the part's own name is taken.", examples=["products.csv"])] = (
        "upload.csv"
    )
    dataset: Annotated[str, Meta(description="Where the rows go. Named after the file when not given.", examples=["products"])] = ""
    mode: Annotated[
        Mode,
        Meta(
            description="`append` adds the rows, `upsert` goes by `key`, `update` too and adds none, `delete` takes keys out, `replace` takes all."
        ),
    ] = "append"
    key: Annotated[
        str,
        Meta(
            description="With `mode=upsert`, `update` and `delete`, or with `replace` to be told what differs: titles or names of the columns that name a row.",
            examples=["sku", "country,number"],
        ),
    ] = ""
    hold: Annotated[bool, Meta(description="Stop before readers see it. `version=N` previews it; then publish or discard it.")] = False
    retype: Annotated[
        bool, Meta(description="Where the file has values that a column's type cannot take, the column gets a type that takes all.")
    ] = False
    format: Annotated[
        InputName | None,
        Meta(
            description="What the file is; found out by its first bytes when not given. `csv`: text, whatever it looks like.",
            examples=["xlsx"],
        ),
    ] = None
    sheet: Annotated[
        str,
        Meta(
            description="Of a workbook: the sheet to read, by name or by number from 1. The first one with a value when not given.",
            examples=["Prices"],
        ),
    ] = ""
    range: Annotated[
        str,
        Meta(
            description="Of a workbook: the cells to read, the header among them; `C4` is all from there on.", examples=["B2:F100", "B:F"]
        ),
    ] = ""
    delimiter: Annotated[
        str | None,
        Meta(
            description="The character between fields, or `tab`, `comma`, `semicolon`, `pipe`, `space`. Found out when not given, as everything below.",
            examples=[";", "tab"],
        ),
    ] = None
    quote: Annotated[
        str | None,
        Meta(
            description="The character around fields that hold delimiters or line breaks; `none` or empty: there is none.", examples=["'"]
        ),
    ] = None
    escape: Annotated[
        str | None,
        Meta(
            description="The character before a quote inside a quoted field; `none` or empty: quotes are doubled.", examples=["backslash"]
        ),
    ] = None
    encoding: Annotated[
        str,
        Meta(
            description="What the file is written in. Found by byte order mark, strict UTF-8, then a guess.",
            examples=["utf-8", "windows-1252"],
        ),
    ] = ""
    encoding_errors: Annotated[
        EncodingErrors,
        Meta(
            description="What becomes of bytes that are not of the encoding: their record is a reject, or U+FFFD, or Windows-1252 stands for them."
        ),
    ] = "reject"
    header: Annotated[
        bool | None, Meta(description="Whether the first record names the columns (`present` and `absent` are understood, too).")
    ] = None
    skip: Annotated[
        Annotated[int, Meta(ge=0, le=SKIP_LINES_MAX)] | None, Meta(description="Lines before the header that are no data.", examples=[3])
    ] = None
    dialect: Annotated[
        Family | None, Meta(description="How a family of programs writes, instead of finding it out.", examples=["mysql"])
    ] = None
    comment: Annotated[
        str,
        Meta(description="The character that records begin with which are no data; `none` or empty: there are no such.", examples=["#"]),
    ] = ""
    header_rows: Annotated[
        int,
        Meta(
            ge=1,
            le=HEADER_ROWS_MAX,
            description="How many records the titles are made of: with 2, those that stand above each other are joined.",
            examples=[2],
        ),
    ] = 1
    skip_end: Annotated[
        int,
        Meta(ge=0, le=SKIP_END_LINES_MAX, description="Lines at the end of the file that are no data, such as totals.", examples=[1]),
    ] = 0
    null: Annotated[
        str,
        Meta(
            description="Texts that stand for null, besides the empty field: `NULL,N/A,-`, or in single columns `price:-,n/a;name:NULL`.",
            examples=["NULL"],
        ),
    ] = ""
    types: Annotated[
        str,
        Meta(
            description="Types that you declare, each with its format. A value that does not fit is a reject.",
            examples=["price:decimal(1.234,56),created:date(%d/%m/%Y),active:boolean(yes/no),zip:text"],
        ),
    ] = ""
    ragged: Annotated[
        Literal["fill", "reject"], Meta(description="What becomes of a record with too few fields: the rest is null, or it is a reject.")
    ] = "fill"
    max_rejects: Annotated[
        str,
        Meta(
            description="With more rejects than this nothing is published: a count or a share of the records, half when not given. `100%` allows all.",
            examples=["10", "0.5%"],
        ),
    ] = ""
    shrink: Annotated[
        Literal["refuse", "allow"],
        Meta(
            description="With `mode=replace`: `allow` publishes a file with less than a tenth of the rows of the version before, or none of its titles."
        ),
    ] = "refuse"
    empty: Annotated[
        bool,
        Meta(description='A file without a record is taken as it is: with `mode=replace` the dataset becomes empty ("nothing today").'),
    ] = False
    if_changed: Annotated[
        bool, Meta(description="When the dataset has this very file already, the upload ends UNCHANGED, and nothing is loaded.")
    ] = False
    on_warning: Annotated[
        Literal["publish", "hold"],
        Meta(description="`hold`: with a finding of level warning the upload stops before readers see it, as with `hold=true`."),
    ] = "publish"
    names: Annotated[
        str,
        Meta(
            description="The titles of the columns, comma between, for a file without a header; with `header=true` instead of its own.",
            examples=["sku,name,price"],
        ),
    ] = ""
    columns: Annotated[
        Policy,
        Meta(
            description="How the dataset's columns are found: by title or name (`any`: even if none is known; `strict`: no others), or in order."
        ),
    ] = "match"
    missing: Annotated[
        Literal["keep", "null"],
        Meta(
            description="With `mode=upsert` and `update`: in columns that the file does not have, an updated row keeps its value, or loses it."
        ),
    ] = "keep"

    language: Annotated[
        Language | None,
        Meta(
            description="In which words are found in their other forms too (`teapots` for `teapot`). Found in columns of sentences when not given.",
            examples=["german"],
        ),
    ] = None

    @property
    def key_names(self) -> list[str]:
        """Columns by name or title, as the user wrote them."""
        return split_titles(self.key)

    @property
    def dataset_name(self) -> str:
        """Raises `BadRequest` where the file's name makes none."""
        return check_dataset_name(self.dataset) if self.dataset else name_from_file(self.file_name)

    def scan_options(self, chunk_bytes: int, record_bytes_max: int, columns_max: int) -> ScanOptions:
        return ScanOptions(
            chunk_bytes=chunk_bytes,
            record_bytes_max=record_bytes_max,
            columns_max=columns_max,
            delimiter=self.delimiter,
            quote=self.quote,
            escape=self.escape,
            header=self.header,
            skip=self.skip,
            family=self.dialect,
            comment=self.comment,
            header_rows=self.header_rows,
            skip_end=self.skip_end,
            null=self.null,
            types=self.types,
            ragged=self.ragged,
            names=tuple(split_titles(self.names)),
            empty=self.empty,
        )


FIELDS: Final = {field.name: msgspec.inspect.type_info(field.type) for field in msgspec.structs.fields(UploadOptions)}
CHARACTERS: Final[Mapping[str, bool]] = {
    "delimiter": False,
    "quote": True,
    "escape": True,
    "comment": True,
}  # options of one character; may it be none?
_MODES_ELSEWHERE: Final = {
    "insert": "append",
    "add": "append",
    "merge": "upsert",
    "patch": "update",
    "remove": "delete",
    "overwrite": "replace",
    "truncate": "replace",
}


def read_options(values: Mapping[str, str]) -> UploadOptions:
    """From their texts in the URL or a form. Raises `BadRequest` that names the option and what it may be."""
    for name in values:
        if name not in FIELDS:
            raise BadRequest("unknown-option", f"Unknown option {name!r}.{meant(name, FIELDS)} The options are {', '.join(FIELDS)}.")
        if "\0" in values[name] and name != "file_name":
            raise BadRequest("bad-option", f"{name} holds a null character, which no file's text can have. Leave it out.")
    try:
        options = msgspec.convert({name: _read(name, text) for name, text in values.items()}, UploadOptions)
    except msgspec.ValidationError as error:
        raise BadRequest("bad-option", f"An option has a value it cannot have: {error}.") from None
    _check(options)
    return options


def _read(name: str, text: str) -> Any:
    if name in CHARACTERS:
        return read_character(name, text, may_be_none=CHARACTERS[name])
    if name == "mode" and (ours := _MODES_ELSEWHERE.get(text.lower())):
        raise BadRequest(
            "bad-option", f"There is no mode={text}; modes are append, upsert, replace, update and delete. Did you mean {ours}?"
        )
    return read_value(name, text, FIELDS[name])


def _check(options: UploadOptions) -> None:
    check_file_name(options.file_name)
    assert options.dataset_name  # raises what is wrong with it
    if options.mode in MERGING and not options.key:
        raise BadRequest("bad-option", f"mode={options.mode} needs key=, the columns that name a row: key=sku or key=country,number.")
    if options.mode == "append" and options.key:
        raise BadRequest("bad-option", "With mode=append there is no key: each record is a new row. Did you mean mode=upsert?")
    if options.encoding:
        Decoder(options.encoding)
    if options.range:
        read_range(options.range)
    _check_names(options)
    rejects_allowed(options.max_rejects, records=0)
    read_types(options.types)


def _check_names(options: UploadOptions) -> None:
    names = split_titles(options.names)
    if not all(names) or len(set(names)) < len(names):
        raise BadRequest("bad-option", f"names={options.names} must name every column, each once: names=sku,name,price.")
    if not all(options.key_names):
        raise BadRequest("bad-option", f"key={options.key} has an empty part. Write titles or names with commas between.")
