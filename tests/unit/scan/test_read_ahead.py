"""A file that several threads read is found to be what one thread finds."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bench.files import KINDS
from services.upload.scan import profile, read_ahead
from services.upload.scan.options import ScanOptions
from services.upload.scan.scanner import Scan, Scanner

ROWS = 40_000
BLOCK = 256 * 1024


def scan(data: bytes) -> Scan:
    scanner = Scanner(ScanOptions(chunk_bytes=BLOCK, piece_bytes=BLOCK))
    for begin in range(0, len(data), BLOCK):
        scanner.feed(data[begin : begin + BLOCK])
    return scanner.finish()


@pytest.mark.parametrize("kind", KINDS)
def test_threads_change_nothing(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.csv"
    KINDS[kind].write(file, ROWS)
    data = file.read_bytes()
    scans = []
    for pool in (None, ThreadPoolExecutor(3)):
        for module in (read_ahead, profile):
            monkeypatch.setattr(module, "POOL", pool)
        scans.append(scan(data))
    assert scans[0] == scans[1]
    assert scans[0].records > ROWS * 0.9


def test_pieces_are_taken_in_their_order_and_faults_come_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_ahead, "POOL", ThreadPoolExecutor(3))
    taken: list[tuple[int, int]] = []
    pieces: read_ahead.ReadAhead[int, int] = read_ahead.ReadAhead(
        lambda piece: 10 // piece, lambda piece, result: taken.append((piece, result))
    )
    for piece in (5, 2, 1, 10, 3, 4):
        pieces.add(piece, 1, last=piece == 4)
    assert taken == [(5, 2), (2, 5), (1, 10), (10, 1), (3, 3), (4, 2)]
    with pytest.raises(ZeroDivisionError):
        pieces.add(0, 1, last=False)
        pieces.add(1, 1, last=True)
