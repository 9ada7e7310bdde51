"""Parquet and Arrow: the same records make the same bytes, in whatever blocks they come."""

import io
from random import Random

import msgspec
import polars as pl
import pytest

from services.query.export import arrow_writer
from services.query.export.arrow_schema import FrameColumn, FrameOrder

RECORDS = [b'%d,"word %d"\n' % (number, number * 7919) for number in range(3_000)]


def written(format: str, sizes: list[int], seed: int) -> bytes:
    """The records in blocks of one of these sizes each."""
    columns = [FrameColumn(name="n", kind="integer"), FrameColumn(name="w", kind="text")]
    source = io.BytesIO()
    source.write(msgspec.json.encode(FrameOrder(format, columns)) + b"\n")  # type: ignore[arg-type]
    begin, chosen = 0, Random(seed)
    while begin < len(RECORDS):
        end = begin + chosen.choice(sizes)
        block = b"".join(RECORDS[begin:end])
        source.write(len(block).to_bytes(8, "big") + block)
        begin = end
    source.write(bytes(8))
    source.seek(0)
    target = io.BytesIO()
    arrow_writer.write_frames(source, target)
    return target.getvalue()


@pytest.mark.parametrize("format", ["parquet", "arrow"])
def test_blocks_make_no_difference(format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow_writer, "MEASURED_BYTES", 4_000)
    monkeypatch.setattr(arrow_writer, "GROUP_BYTES", 16_000)
    whole = written(format, [len(RECORDS)], 0)
    assert {written(format, [1, 40, 900], seed) for seed in range(4)} == {whole}
    frame = pl.read_parquet(whole) if format == "parquet" else pl.read_ipc(io.BytesIO(whole))
    assert frame["n"].to_list() == list(range(3_000))
