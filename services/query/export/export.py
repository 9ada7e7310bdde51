"""Exports: all rows that a search finds, in one version, as a stream of constant memory.

In both homes they come from PostgreSQL, in one statement and so in one snapshot. A sort is done on PostgreSQL's disk; without one, rows come
in file order, with `q` too: relevance is for looking at the first page.
"""

import csv
import io
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Final, Literal

from msgspec import Struct

from backbone.errors import BadRequest
from backbone.metrics import EXPORTED_BYTES, EXPORTS
from backbone.model import View
from backbone.query.ast import Extract
from backbone.query.formulas import without_formulas
from backbone.rows.export import RowExport
from backbone.rows.export_sql import writes_whole_records
from backbone.runtime.concurrency_limit import ConcurrencyLimit
from backbone.settings import Settings, exports_max
from services.query.export.arrow_process import write_columns
from services.query.export.arrow_schema import REFUSED, FrameOrder, frame_columns
from services.query.search.fields import parse_fields
from services.query.search.filters import parse_condition, parse_sort
from services.query.search.query_language import parse_query

Format = Literal["csv", "ndjson", "json", "parquet", "arrow", "xlsx"]
MEDIA_TYPES: Final[dict[Format, str]] = {
    "csv": "text/csv",
    "ndjson": "application/x-ndjson",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.file",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
WRITERS_MAX: Final = 4  # at once in one process; each is a process of about 100 MiB
SHEET_COLUMNS_MAX: Final = 16_384
PLAIN: Final = ("csv", "ndjson", "json")  # the same request gives the same bytes: a part of them can be asked for
FRAMED: Final = ("parquet", "arrow")  # of these a file is kept for that, since no part can be made by itself


class ExportRequest(Struct, frozen=True, kw_only=True):
    """An export as it stands in the URL."""

    format: Format = "csv"
    q: str = ""
    filters: tuple[str, ...] = ()
    sort: str = ""
    fields: str = ""
    version: int | None = None
    safe: bool = False
    canonical: bool = False
    rows: tuple[int | None, int | None] = (None, None)


def _form(request: ExportRequest) -> Literal["file", "safe", "canonical", "plain"]:
    if request.format not in PLAIN:
        return "plain"
    if request.canonical:
        return "canonical"
    return "safe" if request.safe else "file"


class Exports:
    """The exports of one process, and how many there may be."""

    def __init__(self, rows: RowExport, limits: Settings) -> None:
        self._rows = rows
        self._limits = limits
        self._all = _limit(exports_max(limits), "exports")
        self._writers = _limit(WRITERS_MAX, "exports as Parquet, Arrow or xlsx")

    def read_extract(self, view: View, request: ExportRequest) -> Extract:
        """Raises `BadRequest`."""
        columns = view.table.columns
        if request.safe and request.canonical:
            raise BadRequest(
                "bad-export", "safe=true and canonical=true exclude each other: one writes texts as no reader takes them for formulas."
            )
        if request.safe and request.format != "csv":
            raise BadRequest("bad-export", f"safe=true is for csv: a spreadsheet takes no text in {request.format} for a formula.")
        chosen = parse_fields(request.fields, columns)
        if request.format == "xlsx" and len(chosen) > SHEET_COLUMNS_MAX:
            detail = f"A sheet has room for {SHEET_COLUMNS_MAX:,} columns, and this export has {len(chosen):,}. Choose some with fields=, or take csv."
            raise BadRequest("no-room-in-sheet", detail)
        return Extract(
            columns=chosen,
            text=parse_query(
                request.q,
                bytes_max=self._limits.query_bytes_max,
                clauses_max=self._limits.query_clauses_max,
                columns=columns,
                language=view.table.language,
            ),
            filters=tuple(parse_condition(text, columns) for text in request.filters),
            sort=parse_sort(request.sort, columns),
            form=_form(request),
            rows=request.rows,
        )

    async def parts(self, view: View, parts: int) -> list[tuple[int, int]]:
        """As `RowExport.parts`. Raises `Busy`."""
        with self._all.take():
            return await self._rows.parts(view, parts)

    def stream(self, view: View, format: Format, extract: Extract) -> AsyncIterator[bytes]:
        """Raises `Busy` with the first block."""
        if format == "csv":
            blocks = _csv(self._rows, view, extract)
        elif format == "ndjson":
            blocks = self._rows.json_lines(view, extract)
        elif format == "json":
            blocks = _json_list(self._rows.json_lines(view, extract))
        else:
            blocks = self._writers.hold(_columns(self._rows, view, format, extract))
        return self._all.hold(_counted(blocks, format))


async def _counted(blocks: AsyncIterator[bytes], format: Format) -> AsyncIterator[bytes]:
    with EXPORTS.track_inprogress():
        async for block in blocks:
            EXPORTED_BYTES.labels(format).inc(len(block))
            yield block


def _limit(places: int, what: str) -> ConcurrencyLimit:
    return ConcurrencyLimit(
        places, "too-many-exports", f"{places} {what} are under way here, as many as one process does at once. Try again later."
    )


async def begun(blocks: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    """The same blocks, the first of them made already: what goes wrong before it is still an answer, not a broken stream."""
    first = await anext(blocks, b"")

    async def all_of_them() -> AsyncGenerator[bytes]:
        yield first
        async for block in blocks:
            yield block

    return all_of_them()


async def _csv(rows: RowExport, view: View, extract: Extract) -> AsyncIterator[bytes]:
    header = io.StringIO()
    titles = [column.title for column in extract.columns]
    csv.writer(header, lineterminator="\n").writerow([without_formulas(title) for title in titles] if extract.form == "safe" else titles)
    head = header.getvalue().encode()
    async for block in rows.csv_records(view, extract):
        yield head + block
        head = b""
    if head:
        yield head


async def _columns(rows: RowExport, view: View, format: Literal["parquet", "arrow", "xlsx"], extract: Extract) -> AsyncIterator[bytes]:
    decimals = [column for column in extract.columns if column.type == "decimal"]
    sizes = await rows.decimal_sizes(view, decimals)
    order = FrameOrder(format, frame_columns(extract.columns, sizes), keeps_empty=not writes_whole_records(view.table, extract))
    blocks = write_columns(order, rows.csv_records(view, extract))
    first = await anext(blocks, b"")
    if format == "xlsx" and first.startswith(REFUSED):
        sentence = first + b"".join([block async for block in blocks])
        raise BadRequest("no-room-in-sheet", sentence.removeprefix(REFUSED).decode())
    yield first
    async for block in blocks:
        yield block


async def _json_list(lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """A list with an object in each line. No object has a line end in it."""
    before = b"[\n"
    async for block in lines:
        yield before + block.removesuffix(b"\n").replace(b"\n", b",\n")
        before = b",\n"
    yield b"[]\n" if before == b"[\n" else b"\n]\n"
