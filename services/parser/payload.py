"""Writes rows as PostgreSQL's COPY reads them (FORMAT csv), in both layouts, without a Python object per cell."""

import io
from typing import Final

import numpy as np
import polars as pl
from msgspec import Struct

from backbone.errors import Rejected
from backbone.model import Column, Table
from backbone.reading.columnwise import field_name
from backbone.reading.quotes import Positions
from backbone.reading.values import fits, is_assignable

VALUE_CHARACTERS_SHOWN: Final = 40


class Plan(Struct, frozen=True):
    """How a frame of the file's fields becomes the table's columns."""

    version: int
    cells: tuple[pl.Expr, ...]
    checks: tuple[tuple[int, Column], ...]  # fields whose values the scan has not proven to fit, and the columns they go to


def make_plan(columns: tuple[Column, ...], table: Table, version: int) -> Plan:
    """Columns are matched by name; those that the file does not have stay null. Raises Rejected."""
    places = {column.name: place for place, column in enumerate(columns)}
    if unknown := places.keys() - {column.name for column in table.columns}:
        raise Rejected("unknown-column", f"The table has no column {', '.join(sorted(unknown))}.")
    pairs = [(target, places.get(target.name)) for target in table.columns]
    texts = [pl.lit(None, dtype=pl.String) if place is None else pl.col(field_name(place)) for _, place in pairs]
    cells = tuple(text.alias(f"t{number}") for number, text in enumerate(texts)) if table.layout == "columns" else (_array(texts),)
    checks = tuple((place, target) for target, place in pairs if place is not None and not is_assignable(columns[place], target))
    return Plan(version=version, cells=cells, checks=checks)


def write_payload(frame: pl.DataFrame, rows: Positions, plan: Plan) -> tuple[bytes, list[tuple[int, str]]]:
    """`rows` are the frame's `_row` numbers. Also answers the frame's rows that do not fit, each with a sentence why."""
    unfit = _find_unfit(frame, plan)
    if unfit:
        fitting = np.ones(frame.height, dtype=np.bool_)
        fitting[[row for row, _ in unfit]] = False
        frame, rows = frame.filter(pl.Series(fitting)), rows[fitting]
    if frame.is_empty():
        return b"", unfit
    buffer = io.BytesIO()
    origin = (pl.lit(plan.version).alias("_from"), pl.Series("_row", rows))
    frame.select(*origin, *plan.cells).write_csv(buffer, include_header=False)
    return buffer.getvalue(), unfit


def _array(texts: list[pl.Expr]) -> pl.Expr:
    """A text[] literal: every element in quotes but NULL, so that a text NULL, braces and spaces are safe."""
    elements = [(pl.lit('"') + _escape(text) + pl.lit('"')).fill_null(pl.lit("NULL")) for text in texts]
    return (pl.lit("{") + pl.concat_str(elements, separator=",") + pl.lit("}")).alias("_cells")


def _escape(text: pl.Expr) -> pl.Expr:
    return text.str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)


def _find_unfit(frame: pl.DataFrame, plan: Plan) -> list[tuple[int, str]]:
    if not plan.checks or frame.is_empty():
        return []
    answers = frame.select(
        fits(pl.col(field_name(place)), target.type, target.format).alias(field_name(place)) for place, target in plan.checks
    )
    failing = answers.with_row_index("row").filter(~pl.all_horizontal(pl.exclude("row")))
    unfit: list[tuple[int, str]] = []
    for row, *fitting in failing.iter_rows():
        place, target = plan.checks[fitting.index(False)]
        unfit.append((row, _say_unfit(frame[field_name(place)][row], target)))
    return unfit


def _say_unfit(value: str, target: Column) -> str:
    shown = value if len(value) <= VALUE_CHARACTERS_SHOWN else value[:VALUE_CHARACTERS_SHOWN] + "…"
    form = f" ({target.format})" if target.format else ""
    return f"Column {target.name}: {shown!r} is no {target.type}{form}."
