"""Formats that are tables already: workbooks, Parquet, Arrow, JSON. What they are recognised by, and what is known of one before the CSV
bytes that are made of it. Pure.
"""

import struct
from collections.abc import Callable, Iterator
from typing import Final, Literal, Protocol

from msgspec import Struct

from backbone.findings import Finding
from backbone.model import ColumnType
from services.upload.scan.formats.json_text import sniff_json

TableFormat = Literal["xlsx", "xls", "ods", "parquet", "arrow", "json", "ndjson"]
WORKBOOKS: Final = ("xlsx", "xls", "ods")
NAMES: Final[dict[str, str]] = {
    "xlsx": "an Excel workbook (.xlsx)",
    "xls": "an old Excel workbook (.xls)",
    "ods": "an OpenDocument spreadsheet (.ods)",
    "parquet": "a Parquet file",
    "arrow": "an Arrow file",
    "json": "a JSON document",
    "ndjson": "NDJSON (a JSON document in each line)",
}
_LOCAL: Final = struct.Struct("<4s5H3I2H")  # the header of a zip's entry; its name's size is the last but one
_OFFICE_NAMES: Final = (b"[Content_Types].xml", b"_rels/", b"docProps/", b"xl/", b"_rels\\", b"docProps\\", b"xl\\")
_SPREADSHEET: Final = b"application/vnd.oasis.opendocument.spreadsheet"
_STREAM: Final = b"\xff\xff\xff\xff"  # before each message of an Arrow stream, with the length of its head behind it
_STREAM_HEAD_BYTES_MAX: Final = 16 * 1024 * 1024
_ZIP: Final = b"PK\x03\x04"
_COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PARQUET: Final = (b"PAR1", b"PARE")
_ARROW: Final = b"ARROW1\0\0"


class TableHead(Struct, frozen=True, kw_only=True):
    """What the reader of a format says before the first byte of CSV."""

    format: TableFormat
    titles: tuple[str, ...] | None = None  # None: which record is the header is to be found out, as in a CSV file
    types: tuple[ColumnType | None, ...] = ()  # with `titles`: of each column; None: as its values are
    header_bytes: int = 0  # with `titles`: the length of the record that has them
    header_lines: int = 0
    last_texts: tuple[int, ...] = ()  # without `titles`: of each field the last line where it is text, whatever it looks like; 0: none
    findings: tuple[Finding, ...] = ()


class TableStream(Protocol):
    """One file of a table format, gathered as it flows by: nothing comes out before its end."""

    @property
    def head(self) -> TableHead | None:
        """Known when the first piece has come out."""
        ...

    @property
    def findings(self) -> tuple[Finding, ...]: ...

    def feed(self, block: bytes) -> None:
        """Raises Rejected, TooLarge."""
        ...

    def finish(self, *, is_cut: bool = False) -> Iterator[bytes]:
        """The CSV file. `is_cut`: what came are the first bytes of a file, and its last record may be missing. Raises Rejected, TooLarge."""
        ...

    def close(self) -> None:
        """Nothing of it is left behind."""
        ...


OpenTable = Callable[[TableFormat], TableStream]


def sniff_table(beginning: bytes) -> TableFormat | None:
    """By some KiB of a file, unpacked. None: no table format."""
    if beginning.startswith(_ZIP):
        return _sniff_zip(beginning)
    if beginning.startswith(_COMPOUND):
        return "xls"
    if beginning.startswith(_PARQUET) and not begins_a_table(beginning):
        return "parquet"
    if beginning.startswith(_ARROW) or _begins_stream(beginning):
        return "arrow"
    return sniff_json(beginning)


def begins_a_table(sample: bytes) -> bool:
    """`ORC,name` and `ID3;x` are text: what follows the letters of a format is not."""
    line = sample.split(b"\n", 1)[0]
    return line.isascii() and line.rstrip(b"\r").decode().isprintable()


def is_workbook_zip(beginning: bytes) -> bool:
    """Whether a zip is to be taken as a workbook, and not for the one file in it."""
    return _sniff_zip(beginning) is not None


def _sniff_zip(beginning: bytes) -> TableFormat | None:
    if len(beginning) < _LOCAL.size or not beginning.startswith(_ZIP):
        return None
    name_size, extra_size = _LOCAL.unpack_from(beginning)[-2:]
    name = beginning[_LOCAL.size : _LOCAL.size + name_size]
    if name.startswith(_OFFICE_NAMES):
        return "xlsx"
    content = beginning[_LOCAL.size + name_size + extra_size :]
    return "ods" if name == b"mimetype" and content.startswith(_SPREADSHEET[: len(content)]) else None


def _begins_stream(beginning: bytes) -> bool:
    if not beginning.startswith(_STREAM) or len(beginning) < 8:
        return False
    return 0 < int.from_bytes(beginning[4:8], "little") < _STREAM_HEAD_BYTES_MAX
