"""What the user says about an upload, in the URL or in form fields. Pure."""

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from backbone.catalog.datasets import check_dataset_name, name_from_file
from backbone.errors import BadRequest
from backbone.lifecycle.reject_limit import rejects_allowed
from backbone.model import Mode
from services.upload.scan.declared import read_types
from services.upload.scan.encoding import Decoder
from services.upload.scan.options import ScanOptions

FILE_NAME_CHARACTERS_MAX: Final = 255
SKIP_LINES_MAX: Final = 10_000


class UploadOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is not said about the file is found out. `max_rejects` is a count, or with `%` a share of the records."""

    file_name: str = "upload.csv"
    dataset: str = ""  # empty: named after the file
    mode: Mode = "append"
    key: str = ""
    hold: bool = False
    retype: bool = False
    delimiter: str | None = None
    quote: str | None = None
    escape: str | None = None
    encoding: str = ""
    header: bool | None = None
    skip: int | None = None
    null: str = ""
    types: str = ""
    ragged: Literal["fill", "reject"] = "fill"
    max_rejects: str = ""
    if_changed: bool = False
    on_warning: Literal["publish", "hold"] = "publish"

    @property
    def key_names(self) -> list[str]:
        """Columns by name or title, as the user wrote them."""
        return [name.strip() for name in self.key.split(",")] if self.key else []

    @property
    def dataset_name(self) -> str:
        return self.dataset or name_from_file(self.file_name)

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
            null=self.null,
            types=self.types,
            ragged=self.ragged,
        )


OPTIONS: Final[Mapping[str, str]] = {
    "file_name": "The file's name. In a form, the part's own name is taken.",
    "dataset": "Where the rows go. Named after the file when not given.",
    "mode": "How the file changes the dataset: `append` (the default), `upsert` (by `key`) or `replace`.",
    "key": "With `mode=upsert`: the columns whose values name a row, comma between. A record replaces the row that has the same.",
    "hold": "`true`: stop before readers see it. `version=N` previews it; then publish or discard it.",
    "retype": "`true`: where the file has values that a column's type cannot take, the column gets a type that takes all.",
    "delimiter": "The character between fields. Found out when not given, as everything below.",
    "quote": "The character around fields that hold delimiters or line breaks; empty: there is none.",
    "escape": "The character before a quote inside a quoted field; empty: quotes are doubled.",
    "encoding": "`utf-8`, `windows-1252`, `utf-16`, …",
    "header": "`true` or `false`: whether the first record names the columns.",
    "skip": "Lines before the header that are no data.",
    "null": "A text that stands for null, besides the empty field.",
    "types": "Types that you declare: `price:decimal(1.234,56),created:date(%d/%m/%Y),active:boolean(yes/no),zip:text`.",
    "ragged": "What becomes of a record with too few fields: `fill` (the default: the rest is null) or `reject`.",
    "max_rejects": "With more rejects than this the upload fails: a count such as `10`, or a share such as `0.5%`.",
    "if_changed": "`true`: when the dataset has this very file already, the upload ends UNCHANGED, and nothing is loaded.",
    "on_warning": "`hold`: with a finding of level warning the upload stops before readers see it, as with `hold=true`. `publish`: the default.",
}


def read_options(given: Mapping[str, Any]) -> UploadOptions:
    """Raises `BadRequest` that names the option."""
    if unknown := sorted(given.keys() - OPTIONS.keys()):
        raise BadRequest("unknown-option", f"Unknown option {', '.join(unknown)}; the options are {', '.join(OPTIONS)}.")
    try:
        options = msgspec.convert(given, UploadOptions, strict=False)
    except msgspec.ValidationError as error:
        raise BadRequest("bad-option", f"An option has a value it cannot have: {error}.") from None
    check_file_name(options.file_name)
    if options.dataset:
        check_dataset_name(options.dataset)
    if (options.mode == "upsert") != bool(options.key):
        raise BadRequest(
            "bad-option", "mode=upsert needs key=, the columns that name a row (key=sku or key=country,number); other modes have none."
        )
    _check_dialect(options)
    rejects_allowed(options.max_rejects, records=0)
    read_types(options.types)
    return options


def check_file_name(name: str) -> None:
    """Raises `BadRequest`."""
    if not 0 < len(name) <= FILE_NAME_CHARACTERS_MAX or "\0" in name:
        raise BadRequest("bad-file-name", f"file_name must have 1 to {FILE_NAME_CHARACTERS_MAX} characters, none of them NUL.")


def _check_dialect(options: UploadOptions) -> None:
    for name, value, empty_is_none in (
        ("delimiter", options.delimiter, False),
        ("quote", options.quote, True),
        ("escape", options.escape, True),
    ):
        if value is None or (empty_is_none and value == ""):
            continue
        if len(value) != 1 or not value.isascii() or value in "\r\n\0":
            raise BadRequest("bad-option", f"{name} must be one ASCII character, and not {value!r}.")
    if options.skip is not None and not 0 <= options.skip <= SKIP_LINES_MAX:
        raise BadRequest("bad-option", f"skip must be 0 to {SKIP_LINES_MAX} lines.")
    if options.encoding:
        Decoder(options.encoding)
