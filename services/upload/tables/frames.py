"""What the process that reads a table and the one that started it say to each other. Pure.

An order goes in as a line of JSON. Frames come out, a letter and a length in 8 bytes before each: the head, pieces of CSV, and an end with
the findings that only the end knows; or a refusal in place of what was still to come. Without end or refusal the process died.
"""

from typing import IO, BinaryIO, Final

import msgspec
from msgspec import Struct

from backbone.errors import NotCsv, Rejected, TooLarge
from backbone.findings import Finding
from services.upload.scan.formats.table import TableFormat

HEAD: Final = b"H"
PIECE: Final = b"P"
END: Final = b"E"
REFUSAL: Final = b"R"
LENGTH_BYTES: Final = 8
_REFUSALS: Final = {error.__name__: error for error in (Rejected, TooLarge, NotCsv)}


class TableOrder(Struct, frozen=True, kw_only=True):
    path: str  # of the gathered file
    format: TableFormat
    sheet: str = ""
    range: str = ""
    columns_max: int
    record_bytes_max: int
    memory_bytes_max: int
    is_cut: bool = False  # the file's end is missing: a preview of its first bytes


class Refusal(Struct, frozen=True):
    kind: str
    code: str
    detail: str

    def error(self) -> Rejected:
        return _REFUSALS[self.kind](self.code, self.detail)


def refusal_of(error: Rejected) -> Refusal:
    kind = type(error).__name__
    return Refusal(kind if kind in _REFUSALS else "Rejected", error.code, error.detail)


def write_frame(target: BinaryIO, kind: bytes, content: bytes) -> None:
    target.write(kind + len(content).to_bytes(LENGTH_BYTES, "big"))
    target.write(content)
    target.flush()


def read_frame(source: IO[bytes]) -> tuple[bytes, bytes]:
    """Raises `EOFError` where the process died."""
    start = source.read(1 + LENGTH_BYTES)
    if len(start) < 1 + LENGTH_BYTES:
        raise EOFError
    length = int.from_bytes(start[1:], "big")
    content = source.read(length)
    if len(content) < length:
        raise EOFError
    return start[:1], content


def encode_findings(findings: tuple[Finding, ...]) -> bytes:
    return msgspec.json.encode(findings)


def decode_findings(content: bytes) -> tuple[Finding, ...]:
    return msgspec.json.decode(content, type=tuple[Finding, ...])
