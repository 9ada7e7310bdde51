"""Writes Parquet or Arrow: CSV records from standard input, the file to standard output, a few blocks in memory.

A process of its own (`services.query.export.arrow_process` starts it): polars writes these formats from its own threads and would hold them for as
long as a slow reader takes; here a slow reader holds nothing but a pipe.

Input: a line of JSON (`FrameOrder`), then blocks, each with its length in 8 bytes before it, then a length of 0. Without that end the input
was cut short: then the process fails, and what it wrote has no footer and cannot be taken for a whole file.
"""

import io
import sys
from collections.abc import Iterator
from itertools import chain
from typing import Any, BinaryIO, Final

import msgspec
import polars as pl
from polars.io.plugins import register_io_source

from backbone.types.registry import COLUMN_TYPES
from services.query.export.arrow_schema import FrameColumn, FrameOrder

LENGTH_BYTES: Final = 8
MEASURED_BYTES: Final = 1024 * 1024  # of the first rows' texts
GROUP_BYTES: Final = 16 * MEASURED_BYTES  # about so much is in a row group or record batch


def write_frames(source: BinaryIO, target: BinaryIO) -> None:
    """The same records make the same bytes, in whatever blocks they come: parts of the file may be asked of several processes."""
    order = msgspec.json.decode(source.readline(), type=FrameOrder)
    texts = (_texts(block, order) for block in read_blocks(source))
    first = _first(texts, order)
    group_rows = _rows_of_a_group(first)

    def frames(*_: Any) -> Iterator[pl.DataFrame]:
        for frame in chain([first], texts):
            yield _typed(frame, order)

    rows = register_io_source(frames, schema=_typed(first.clear(), order).schema)
    if order.format == "parquet":
        rows.sink_parquet(target, compression="zstd", row_group_size=group_rows)
    else:
        # The oldest forms of types: every reader of Arrow knows them.
        rows.sink_ipc(target, compat_level=pl.CompatLevel.oldest(), record_batch_size=group_rows)


def _first(texts: Iterator[pl.DataFrame], order: FrameOrder) -> pl.DataFrame:
    frames, size = [_texts(b"", order)], 0
    while size <= MEASURED_BYTES and (frame := next(texts, None)) is not None:
        frames.append(frame)
        size += int(_sizes(frame).sum())
    return pl.concat(frames)


def _rows_of_a_group(first: pl.DataFrame) -> int:
    """Groups by size, not by number of rows: a row may have ten bytes or a million."""
    measured = int((_sizes(first).cum_sum() <= MEASURED_BYTES).sum())
    return max(1, measured * (GROUP_BYTES // MEASURED_BYTES))


def _sizes(texts: pl.DataFrame) -> pl.Series:
    return texts.select(pl.sum_horizontal(pl.all().str.len_bytes().cast(pl.Int64)) + texts.width).to_series()


def read_blocks(source: BinaryIO) -> Iterator[bytes]:
    """Whole records in each. Raises `EOFError` where the input was cut short."""
    while length := int.from_bytes(_exactly(source, LENGTH_BYTES), "big"):
        yield _exactly(source, length)


def _exactly(source: BinaryIO, length: int) -> bytes:
    data = source.read(length)
    if len(data) < length:
        raise EOFError("the input was cut short")
    return data


def _texts(block: bytes, order: FrameOrder) -> pl.DataFrame:
    schema = {column.name: pl.String for column in order.columns}
    return pl.read_csv(io.BytesIO(block), has_header=False, schema=schema) if block else pl.DataFrame(schema=schema)


def _typed(texts: pl.DataFrame, order: FrameOrder) -> pl.DataFrame:
    return texts.select(_column(column, keeps_empty=order.keeps_empty) for column in order.columns)


def _column(column: FrameColumn, *, keeps_empty: bool) -> pl.Expr:
    text = pl.col(column.name)
    if not keeps_empty or column.kind != "text":
        text = pl.when(text != "").then(text)
    return COLUMN_TYPES[column.kind].arrow(text, column.format, column.fraction)


if __name__ == "__main__":
    write_frames(sys.stdin.buffer, sys.stdout.buffer)
