"""Reads one table and writes it as CSV: `python -m services.upload.tables.reader`, an order on standard input, frames on standard output.

A process of its own, with a limit of memory and of time: the libraries that read these formats take a file whole, and one that was made to
hurt them ends this process and no other.
"""

import resource
import sys
from collections.abc import Iterator
from typing import BinaryIO, Final

import msgspec

from backbone.errors import Rejected, TooLarge
from services.upload.tables.frames import END, HEAD, PIECE, REFUSAL, TableOrder, encode_findings, refusal_of, write_frame
from services.upload.tables.table import Table

CPU_S_MAX: Final = 1800
PIECE_BYTES: Final = 256 * 1024


def main(source: BinaryIO, target: BinaryIO) -> None:
    order = msgspec.json.decode(source.readline(), type=TableOrder)
    resource.setrlimit(resource.RLIMIT_DATA, (order.memory_bytes_max, order.memory_bytes_max))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S_MAX, CPU_S_MAX))
    try:
        table = open_table(order)
        write_frame(target, HEAD, msgspec.json.encode(table.head))
        for piece in gathered(table.records()):
            write_frame(target, PIECE, piece)
        write_frame(target, END, encode_findings(table.findings()))
    except Rejected as error:
        write_frame(target, REFUSAL, msgspec.json.encode(refusal_of(error)))
    except (MemoryError, ImportError):  # a library that finds no room to be loaded
        write_frame(target, REFUSAL, msgspec.json.encode(refusal_of(too_much_memory(order))))


def open_table(order: TableOrder) -> Table:
    """The library of a format is only loaded where it is needed. Raises Rejected."""
    if order.format in ("json", "ndjson"):
        from services.upload.tables.json_rows import open_json

        return open_json(order)
    if order.format in ("parquet", "arrow"):
        from services.upload.tables.columnar import open_columnar

        return open_columnar(order)
    from services.upload.tables.workbook import open_workbook

    return open_workbook(order)


def gathered(records: Iterator[bytes]) -> Iterator[bytes]:
    pieces, size = list[bytes](), 0
    for record in records:
        pieces.append(record)
        size += len(record)
        if size >= PIECE_BYTES:
            yield b"".join(pieces)
            pieces, size = [], 0
    if pieces:
        yield b"".join(pieces)


def too_much_memory(order: TableOrder) -> TooLarge:
    detail = (
        f"To read this {order.format} file takes more than {order.memory_bytes_max} bytes of memory. ROWMILL_READER_MEMORY_BYTES_MAX raises "
        "the limit; or save it as CSV, which is read in pieces."
    )
    return TooLarge("table-too-large", detail)


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
