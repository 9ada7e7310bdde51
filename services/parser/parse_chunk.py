"""Turns the bytes of one chunk into a COPY payload and rejects. Pure.

A clean chunk is read column-wise in one go, any other in parts, each the fastest way that is proven for it. Whichever way: as many
records must come out as the scan counted, for a row lost or invented in silence is the one thing that must not happen.
"""

from collections.abc import Iterable

import numpy as np
from msgspec import Struct, structs

from backbone.csvread.cells import read_fields
from backbone.csvread.columnwise import NotReadable
from backbone.csvread.repeated_headers import titles_of
from backbone.csvread.segment import Segment
from backbone.csvread.segments import first_fields, has_short
from backbone.findings import Finding
from backbone.model import Chunk, Column, Dialect, Reject, Table, row_number
from services.parser.chunk_units import ChunkUnits
from services.parser.payload import Plan, make_plan, write_payload


class ParsedChunk(Struct, frozen=True):
    payload: bytes  # of COPY … (FORMAT csv): _from, _row, then the table's columns (or its one array), null as an empty field
    rows: int
    rejects: tuple[Reject, ...]  # by record number
    records: int
    findings: tuple[Finding, ...] = ()


class CountsDiffer(Exception):  # noqa: N818
    """The chunk has other records than the scan counted, even read the exact way: a damaged file, or a bug."""


def parse_chunk(
    data: bytes,
    *,
    chunk: Chunk,
    dialect: Dialect,
    columns: tuple[Column, ...],
    table: Table,
    version: int,
    table_chunk: int,
    key: tuple[str, ...] = (),
    exactly: bool = False,
) -> ParsedChunk:
    """`columns` are the file's, in field order; `data` is the chunk's bytes, or the first KiB of them if it is oversized. A record without
    a value in a column of `key` is a reject. `exactly`: all of it by Python's `csv`, which is slow, and the reference for what is right.

    Raises Rejected for a file column that the table does not know, CountsDiffer, UnicodeDecodeError.
    """
    plan = make_plan(columns, table, version, key)
    width = len(columns) + dialect.left_out
    units = ChunkUnits(data, chunk, dialect, width)
    if chunk.oversized:
        return ParsedChunk(payload=b"", rows=0, rejects=(units.too_long(),), records=1)
    first_row = row_number(table_chunk, 0)
    titles = titles_of(columns, dialect)
    whole = None if exactly else _read_whole(data, chunk, dialect, width)
    if whole is not None:
        return _write([whole], units, plan, first_row, whole)
    parsed = _write(units.segments(titles, exactly=exactly), units, plan, first_row)
    if parsed.records != chunk.records and not exactly:
        parsed = _write(units.segments(titles, exactly=True), units, plan, first_row)
    if parsed.records != chunk.records:
        raise CountsDiffer(f"chunk {chunk.number} has {parsed.records} records where the scan counted {chunk.records}")
    return parsed


def _read_whole(data: bytes, chunk: Chunk, dialect: Dialect, width: int) -> Segment | None:
    if not chunk.clean:
        return None
    try:
        fields = read_fields(data, dialect, width + dialect.empty_columns)
    except NotReadable:
        return None
    if fields.height != chunk.records or has_short(fields, data, dialect, width - dialect.left_out, dialect.empty_columns):
        return None
    return Segment(fields=first_fields(fields, width), units=np.arange(fields.height))


def _write(segments: Iterable[Segment], units: ChunkUnits, plan: Plan, first_row: int, whole: Segment | None = None) -> ParsedChunk:
    """`whole`: the chunk without blank lines in one segment, whose units are positions already."""
    payload: list[bytes] = []
    rows = 0
    rejects: list[Reject] = []
    repaired: list[Segment] = []
    for segment in segments:
        positions = segment.units if segment is whole else units.positions(segment.units)
        written, unfit = write_payload(segment.fields, first_row + positions, plan)
        payload.append(written)
        repaired.append(structs.replace(segment, fields=segment.fields.slice(0, 0)))  # its cells are no longer wanted
        rows += segment.fields.height - len(unfit)
        rejects += [units.reject(misfit.unit, misfit.reason, misfit.detail) for misfit in segment.misfits]
        rejects += [units.reject(int(segment.units[one.row]), one.reason, one.detail) for one in unfit]
    rejects.sort(key=lambda reject: reject.record)
    findings = units.findings(repaired) if whole is None else ()
    return ParsedChunk(payload=b"".join(payload), rows=rows, rejects=tuple(rejects), records=rows + len(rejects), findings=findings)
