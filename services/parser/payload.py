"""Writes rows as PostgreSQL's COPY reads them (FORMAT csv), in both layouts, without a Python object per cell."""

import io
from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl
from msgspec import Struct, structs

from backbone.csvread.cells import Cells, Fields, column_of, with_column
from backbone.csvread.conversions import convert
from backbone.csvread.nulls import nulls_of, with_nulls
from backbone.csvread.quotes import Positions
from backbone.csvread.values import find_unfit_columns, fits
from backbone.errors import Rejected
from backbone.model import Column, Table
from backbone.types.datetime_formats import is_zoned
from backbone.types.registry import is_assignable, kind_of, type_of

VALUE_CHARACTERS_SHOWN: Final = 40
_RETYPE: Final = "The column has that type since an earlier file; retype=true gives it one that takes both."
BYTES_AT_A_TIME: Final = 2 * 1024 * 1024
CELLS_AT_A_TIME: Final = 128 * 1024  # memory: a chunk of short cells has millions of them


class Plan(Struct, frozen=True):
    """How a frame of the file's fields becomes the table's columns."""

    version: int
    layout: str
    sources: tuple[int | None, ...]  # for each column of the table the field it comes from
    checks: dict[int, Column]  # fields whose values the scan has not proven to fit, and the columns they go to
    conversions: dict[int, tuple[Column, str]]  # fields of a declared type: the column and how the file writes its values
    nulls: dict[int, tuple[str, ...]]  # fields with texts of their own that stand for null
    key: dict[int, str]  # fields that must have a value, and their columns


class Unfit(Struct, frozen=True):
    row: int
    detail: str
    reason: str = "type-mismatch"


def make_plan(columns: tuple[Column, ...], table: Table, version: int, key: tuple[str, ...] = ()) -> Plan:
    """Columns are matched by name; those that the file does not have stay null. Raises Rejected."""
    indexes = {column.name: index for index, column in enumerate(columns)}
    if unknown := indexes.keys() - {column.name for column in table.columns}:
        raise Rejected("unknown-column", f"The table has no column {', '.join(sorted(unknown))}.")
    sources = tuple(indexes.get(target.name) for target in table.columns)
    checks: dict[int, Column] = {}
    conversions: dict[int, tuple[Column, str]] = {}
    for index, target in zip(sources, table.columns, strict=True):
        if index is None or target.type == "text":
            continue
        source = columns[index]
        pattern = _declared_pattern(source, target)
        if pattern is not None:
            read_as = source if source.declared is not None else target
            conversions[index] = structs.replace(target, type=read_as.type, format=read_as.format), pattern
        elif not is_assignable(kind_of(source), kind_of(target)):
            checks[index] = target
    must = {indexes[name]: name for name in key if name in indexes}
    return Plan(
        version=version, layout=table.layout, sources=sources, checks=checks, conversions=conversions, nulls=nulls_of(columns), key=must
    )


def _declared_pattern(source: Column, target: Column) -> str | None:
    """How the file writes values that have to be converted: as declared for this file, else as the dataset remembers it. Times that the
    scan has found are ISO 8601, which cannot be mistaken for another way; `2.500` can."""
    if source.declared is not None:
        return source.declared
    if target.declared is None or (source.type == target.type and not target.declared):
        return None
    is_clear = source.type == target.type and type_of(target).is_time and is_zoned(source.format) == is_zoned(target.format)
    return None if is_clear else target.declared


def write_payload(fields: Fields, rows: Positions, plan: Plan) -> tuple[bytes, list[Unfit]]:
    """`rows` are the records' `_row` numbers. Rows that do not fit are left out and answered."""
    fields, unconverted = _convert(with_nulls(fields, plan.nulls), plan)
    unfit = sorted({**find_unfit(fields, plan), **unconverted, **_find_keyless(fields, plan)}.values(), key=lambda one: one.row)
    if unfit:
        fitting = np.ones(fields.height, dtype=np.bool_)
        fitting[[one.row for one in unfit]] = False
        fields, rows = fields.filter(pl.Series(fitting)), rows[fitting]
    buffer = io.BytesIO()
    for part, numbers in _parts(fields, rows, len(plan.sources)):
        origin = pl.DataFrame({"_from": pl.repeat(plan.version, part.height, dtype=pl.Int32, eager=True), "_row": numbers})
        cells = _columns(part, plan) if plan.layout == "columns" else _arrays(part, plan)
        origin.hstack(cells).write_csv(buffer, include_header=False)
    return buffer.getvalue(), unfit


def _parts(fields: Fields, rows: Positions, width: int) -> Iterator[tuple[Fields, Positions]]:
    """What is written lives in several copies for a moment, so not all at once."""
    by_bytes = int(fields.height * BYTES_AT_A_TIME / max(1, fields.estimated_size()))
    height = max(1, min(by_bytes, CELLS_AT_A_TIME // max(1, width)))
    for first in range(0, fields.height, height):
        yield fields.slice(first, height), rows[first : first + height]


def _columns(fields: Fields, plan: Plan) -> list[pl.Series]:
    absent = pl.repeat(None, fields.height, dtype=pl.String, eager=True)
    texts = [absent if index is None else column_of(fields, index) for index in plan.sources]
    return [text.alias(f"t{number}") for number, text in enumerate(texts)]


def _arrays(fields: Fields, plan: Plan) -> list[pl.Series]:
    """text[] literals, every element in quotes but NULL, so that a text NULL, braces and spaces are safe.

    All cells are worked on as one long column: an expression for each of 10,000 columns takes twenty times as long.
    """
    cells = _by_row(fields, plan)
    elements = cells.to_frame().select(pl.format('"{}"', _escaped(cells)).fill_null("NULL")).to_series()
    arrays = elements.reshape((fields.height, len(plan.sources))).to_frame("cells")
    return [arrays.select(pl.format("{}{}{}", pl.lit("{"), pl.col("cells").arr.join(","), pl.lit("}"))).to_series().alias("_cells")]


def _by_row(fields: Fields, plan: Plan) -> pl.Series:
    if isinstance(fields, Cells):
        return fields.select(plan.sources).series.alias("cell")
    width, height = len(plan.sources), fields.height
    by_column = pl.concat([column.alias("cell") for column in _columns(fields, plan)])
    return by_column.gather(pl.Series(np.arange(width * height).reshape(width, height).T.ravel()))


def _escaped(cells: pl.Series) -> pl.Expr:
    value = pl.col("cell")
    if not cells.str.contains(r'["\\]').any():
        return value
    return value.str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)


def _convert(fields: Fields, plan: Plan) -> tuple[Fields, dict[int, Unfit]]:
    unfit: dict[int, Unfit] = {}
    for index, (target, pattern) in plan.conversions.items():
        values = column_of(fields, index)
        converted = convert(values, (target.type, target.format), pattern)
        for row in (converted.is_null() & values.is_not_null()).arg_true().to_list():
            unfit.setdefault(row, Unfit(row, _say_unfit(values[row], target, pattern)))
        fields = with_column(fields, index, converted)
    return fields, unfit


def _find_keyless(fields: Fields, plan: Plan) -> dict[int, Unfit]:
    """Rows that no later file could ever meet again."""
    return {
        row: Unfit(row, f"Column {name} is part of the key and has no value here.", "empty-key")
        for index, name in plan.key.items()
        for row in column_of(fields, index).is_null().arg_true().to_list()
    }


def find_unfit(fields: Fields, plan: Plan) -> dict[int, Unfit]:
    """Rows with a value that its column cannot take, each with a sentence about the first such value."""
    if not plan.checks or fields.is_empty():
        return {}
    kinds = {index: (target.type, target.format) for index, target in plan.checks.items()}
    unfit: dict[int, Unfit] = {}
    for index in sorted(find_unfit_columns(fields, kinds)):
        values = column_of(fields, index)
        for row in (~fits(values, kinds[index])).arg_true().to_list():
            sentence = _say_unfit(values[row], plan.checks[index], plan.checks[index].format or "")
            unfit.setdefault(row, Unfit(row, f"{sentence} {_RETYPE}"))
    return unfit


def _say_unfit(value: str, target: Column, pattern: str) -> str:
    shown = value if len(value) <= VALUE_CHARACTERS_SHOWN else value[:VALUE_CHARACTERS_SHOWN] + "…"
    return f"Column {target.name}: {shown!r} is no {target.type}{f' ({pattern})' if pattern else ''}."
