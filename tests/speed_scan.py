"""How fast scan and parse are on a file, without any I/O: `POLARS_MAX_THREADS=1 python -m tests.speed_scan FILE [encoding]`."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from backbone.model import Layout, Table
from services.parser.parse_chunk import parse_chunk
from services.upload.scan.reading_copy import ReadingCopy
from services.upload.scan.scanner import Scan, Scanner, ScanOptions

BLOCK_BYTES = 1024 * 1024
ROUNDS = 3


def scan(text: bytes) -> Scan:
    scanner = Scanner(ScanOptions())
    for place in range(0, len(text), BLOCK_BYTES):
        scanner.feed(text[place : place + BLOCK_BYTES])
    return scanner.finish()


def parse(text: bytes, found: Scan, layout: Layout) -> None:
    table = Table(id=1, columns=found.columns, layout=layout)
    for chunk in found.chunks:
        data = text[chunk.offset : chunk.offset + chunk.length]
        parse_chunk(data, chunk=chunk, dialect=found.dialect, columns=found.columns, table=table, version=1, table_chunk=chunk.number)


def report(name: str, size: int, work: Callable[[], object]) -> None:
    best, processor = float("inf"), float("inf")
    for _ in range(ROUNDS):
        began, began_processor = time.perf_counter(), time.process_time()
        work()
        best = min(best, time.perf_counter() - began)
        processor = min(processor, time.process_time() - began_processor)
    sys.stdout.write(f"{name:24} {size / best / 1e6:6.0f} MB/s   {size / processor / 1e6:6.0f} MB per second of processor\n")


if __name__ == "__main__":
    given = Path(sys.argv[1]).read_bytes()
    copy = ReadingCopy(encoding=sys.argv[2] if len(sys.argv) > 2 else None)
    text = b"".join([*copy.feed(given), *copy.finish()])
    found = scan(text)
    clean = sum(chunk.clean for chunk in found.chunks)
    sys.stdout.write(f"{len(text)} bytes, {found.records} records, {clean} of {len(found.chunks)} chunks clean\n")
    report("scan with profile", len(text), lambda: scan(text))
    report("parse", len(text), lambda: parse(text, found, "columns"))
    report("parse, layout cells", len(text), lambda: parse(text, found, "cells"))
