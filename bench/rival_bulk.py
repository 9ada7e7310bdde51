"""The rival of the indexer: ready-made NDJSON sent through `_bulk` by curl, two at a time, into an index with a dynamic mapping."""

import csv
import json
import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx

PIECE_BYTES: Final = 10 * 1024 * 1024
AT_ONCE: Final = "2"


def write_pieces(file: Path, folder: Path) -> list[Path]:
    """The rows as bulk requests; not part of what is measured."""
    pieces: list[Path] = []
    with file.open(newline="") as source:
        lines = (b'{"index":{}}\n' + json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in csv.DictReader(source))
        for block in _blocks(lines):
            pieces.append(folder / f"piece-{len(pieces):04}.ndjson")
            pieces[-1].write_bytes(block)
    return pieces


def bulk_s(server: str, pieces: list[Path], rows: int) -> float:
    """Seconds until all documents can be searched."""
    with _index(server) as url:
        started = time.perf_counter()
        answer = ["-o", "/dev/null", "-sS", "--fail", "-H", "Content-Type: application/x-ndjson"]
        send = ["xargs", "-P", AT_ONCE, "-I", "{}", "curl", *answer, "--data-binary", "@{}", f"{url}/_bulk?filter_path=errors"]
        subprocess.run(send, input="\n".join(str(piece) for piece in pieces), text=True, check=True)
        httpx.post(f"{url}/_refresh", timeout=120).raise_for_status()
        taken_s = time.perf_counter() - started
        found = httpx.get(f"{url}/_count", timeout=60).json()["count"]
        assert found == rows, f"{found} documents of {rows}"
    return taken_s


@contextmanager
def _index(server: str) -> Iterator[str]:
    url = f"{server}/bench-rival-{secrets.token_hex(4)}"
    httpx.put(url, json={"settings": {"number_of_replicas": 0}}, timeout=60).raise_for_status()
    try:
        yield url
    finally:
        httpx.delete(url, timeout=60)


def _blocks(lines: Iterator[bytes]) -> Iterator[bytes]:
    block: list[bytes] = []
    size = 0
    for line in lines:
        block.append(line)
        size += len(line)
        if size >= PIECE_BYTES:
            yield b"".join(block)
            block, size = [], 0
    if block:
        yield b"".join(block)
