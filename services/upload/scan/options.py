"""What the user may say about a file, and the limits that hold for it."""

from typing import Literal

from msgspec import Struct

from backbone.model import COLUMNS_MAX
from services.upload.scan.formats.table import TableHead

Family = Literal["excel", "mysql", "postgres-copy", "rfc4180"]


class ScanOptions(Struct, frozen=True, kw_only=True):
    """None stands for: find out. An empty `quote` or `escape` means that there is none."""

    chunk_bytes: int = 8 * 1024 * 1024
    chunk_cells: int = 400_000  # a cell costs a parser about 100 bytes, however short it is
    record_bytes_max: int = 4 * 1024 * 1024
    columns_max: int = COLUMNS_MAX
    sample_bytes: int = 64 * 1024  # the head is read when there are so many (or the file has ended)
    piece_bytes: int = 1024 * 1024  # blocks are gathered up to this: less is too little for numpy, more leaves the cache
    delimiter: str | None = None
    quote: str | None = None
    escape: str | None = None
    header: bool | None = None
    skip: int | None = None
    null: str = ""
    family: Family | None = None  # option `dialect`
    comment: str = ""
    header_rows: int = 1
    skip_end: int = 0
    ragged: Literal["fill", "reject"] = "fill"
    names: tuple[str, ...] = ()  # titles of a file without a header, or instead of its own
    empty: bool = False  # a header without a record is a file, too
    types: str = ""  # `price:decimal,created:date(%d/%m/%Y)`
    encoding: str = "utf-8"  # what the file was before it became the UTF-8 that is scanned
    compression: str = ""
    table: TableHead | None = None  # of a table format: the bytes that are scanned were made of it
    marked: bool = False  # by marks for bytes that were not of the encoding
