"""Parquet, Arrow and workbooks as a stream: CSV records go to a process of their own (`arrow_writer`, `xlsx_writer`), the file comes back.

The pipes are the backpressure: while the reader takes nothing, the process stands still, and PostgreSQL with it.
"""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final

import msgspec

from services.query.export.arrow_schema import FrameOrder

LENGTH_BYTES: Final = 8
ARROW_WRITER: Final = "services.query.export.arrow_writer"
XLSX_WRITER: Final = "services.query.export.xlsx_writer"
BLOCK_BYTES: Final = 256 * 1024


async def write_columns(order: FrameOrder, records: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    environment = {
        **os.environ,
        "POLARS_MAX_THREADS": "1",
        "RUST_BACKTRACE": "0",
    }  # as for those who read (`services/upload/tables/gather.py`)
    command = (sys.executable, "-m", XLSX_WRITER if order.format == "xlsx" else ARROW_WRITER)
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, env=environment)
    feeding = asyncio.create_task(_feed(process, order, records))
    try:
        assert process.stdout is not None
        while block := await process.stdout.read(BLOCK_BYTES):
            yield block
        await feeding  # raises what it raised
        if await process.wait() != 0:
            raise RuntimeError(f"the writer of {order.format} ended with {process.returncode}")
    finally:
        feeding.cancel()
        with suppress(ProcessLookupError):
            process.kill()
        with suppress(asyncio.CancelledError, Exception):
            await feeding
        await process.wait()


async def _feed(process: Process, order: FrameOrder, records: AsyncIterator[bytes]) -> None:
    pipe = process.stdin
    assert pipe is not None
    try:
        pipe.write(msgspec.json.encode(order) + b"\n")
        async for block in records:
            pipe.write(len(block).to_bytes(LENGTH_BYTES, "big"))
            pipe.write(block)
            await pipe.drain()
        pipe.write(bytes(LENGTH_BYTES))
        await pipe.drain()
    finally:
        pipe.close()
