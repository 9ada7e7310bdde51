"""The formats of files that are known besides plain text. A new one is a line here, a stream and a test."""

from typing import Final

from services.upload.scan.formats.format import InputFormat
from services.upload.scan.formats.members import bzip2_stream, gzip_stream, zstd_stream
from services.upload.scan.formats.table import is_workbook_zip
from services.upload.scan.formats.zip_entry import ZipEntry

MAGIC_BYTES: Final = 64  # of a file that settle whether it is packed, and how

INPUT_FORMATS: Final = (
    InputFormat(name="gzip", magic=b"\x1f\x8b\x08", open=gzip_stream),
    InputFormat(name="zstd", magic=b"\x28\xb5\x2f\xfd", open=zstd_stream),
    # "BZh9,…" may be an honest CSV file.
    InputFormat(
        name="bzip2",
        magic=b"BZh",
        next_bytes=(b"\x31\x41\x59\x26\x53\x59", b"\x17\x72\x45\x38\x50\x90"),
        next_at=4,
        open=bzip2_stream,
    ),
    InputFormat(name="zip", magic=b"PK\x03\x04", open=ZipEntry),
)


def sniff_format(beginning: bytes) -> InputFormat | None:
    """By the first MAGIC_BYTES. None: text, a table format, or nothing that is known."""
    if is_workbook_zip(beginning):
        return None
    return next((known for known in INPUT_FORMATS if known.recognises(beginning)), None)
