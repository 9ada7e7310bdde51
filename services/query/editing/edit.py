"""An edit: some rows that a program adds to a dataset, changes in it, or takes out of it, held against the dataset's columns. Pure.

Rows are meant by the columns of a key, or by the numbers (`_row`) under which readers see them.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct, structs

from backbone.columns.sent_values import Cell, kind_found, texts_of
from backbone.columns.titles import find_column
from backbone.errors import BadRequest, Conflict
from backbone.model import Column, Mode, Table
from services.query.editing.json_rows import JsonRow, read_rows

ROW: Final = "_row"
ERRORS_TOLD_MAX: Final = 20
_ROW_DIGITS_MAX: Final = 18


class Edit(Struct, frozen=True, kw_only=True):
    """`columns` are the file's, in the table's order, and `rows` their texts. `targets`: for each row the number of the one that is meant;
    empty where the key says it, or where rows are added. `version`: that the dataset must have, where the sender said so."""

    dataset: str
    mode: Mode
    key: tuple[str, ...] = ()
    columns: tuple[Column, ...]
    rows: tuple[tuple[str | None, ...], ...]
    targets: tuple[int, ...] = ()
    version: int | None = None

    @property
    def is_by_row(self) -> bool:
        return bool(self.targets)


class Asked(Struct, frozen=True, kw_only=True):
    """What the request says besides its rows; `key` as it stands in the URL."""

    dataset: str
    mode: Mode
    key: tuple[str, ...] = ()
    version: int | None = None


def row_numbers(rows: Sequence[JsonRow], asked: Asked) -> tuple[int, ...]:
    """Those that the rows name, in their order; empty where they name none. Raises `BadRequest`."""
    named = [number for number, row in enumerate(rows, start=1) if ROW in row]
    if not named:
        if asked.mode in ("update", "delete") and not asked.key:
            raise BadRequest(
                "no-key",
                f"Which rows are meant? Name the columns of a key (key=sku), or give each row its number, as readers see it: {ROW}.",
            )
        return ()
    if asked.mode in ("append", "upsert"):
        raise BadRequest("row-number", f"Row {named[0]} has {ROW}, and a new row has no number yet. PATCH changes a row that is there.")
    if asked.key:
        raise BadRequest("row-number", f"Row {named[0]} has {ROW}, and key= is given: say in one way which rows are meant.")
    if len(named) < len(rows):
        raise BadRequest("row-number", f"Some rows have {ROW} and others have not. Give it to all, or to none and name a key.")
    numbers = tuple(_row_number(row[ROW], number) for number, row in enumerate(rows, start=1))
    if len(set(numbers)) < len(numbers):
        twice = next(number for number in numbers if numbers.count(number) > 1)
        raise BadRequest("row-twice", f"Row {twice} stands twice in the batch. Send each once.", row=str(twice))
    return numbers


def _row_number(value: Cell, number: int) -> int:
    if not isinstance(value, str) or not value.isascii() or not value.isdigit() or len(value) > _ROW_DIGITS_MAX + 1:
        raise BadRequest("row-number", f'Row {number}: {ROW} has to be the number of a row as readers see it, such as "4294967296".')
    return int(value)


def make_edit(asked: Asked, table: Table, rows: Sequence[JsonRow], stands: Mapping[int, msgspec.Raw] | None = None) -> Edit:
    """`stands`: for an edit by row numbers, the values of the visible rows among those that are named.

    Raises `BadRequest` for a column that is not there, and for values that do not fit, by row and column; `Conflict` for a row that
    readers do not see (any more)."""
    numbers = row_numbers(rows, asked)
    _check_visible(asked, numbers, stands or {})
    named = _renamed(rows, table)
    if numbers:
        assert stands is not None
        changed = named if asked.mode == "update" else [{}] * len(named)
        named = [{**read_rows(bytes(stands[number]))[0], **row} for number, row in zip(numbers, changed, strict=True)]
    key = tuple(find_column(text, table.columns).name for text in asked.key)
    if len(set(key)) < len(key):
        raise BadRequest("bad-key", f"key={','.join(asked.key)} names a column twice.")
    _check_key(named, key)
    columns, texts = _texts(_columns(asked, table, named, key), named)
    return Edit(dataset=asked.dataset, mode=asked.mode, key=key, columns=columns, rows=texts, targets=numbers, version=asked.version)


def _check_visible(asked: Asked, numbers: Sequence[int], stands: Mapping[int, msgspec.Raw]) -> None:
    gone = [str(number) for number in numbers if number not in stands]
    if gone:
        which = ", ".join(gone[:ERRORS_TOLD_MAX])
        raise Conflict(
            "no-such-row",
            f"Dataset {asked.dataset!r} has no row {which} in its current version: it was changed or taken out meanwhile, or never was there. "
            "Read the rows again; a row that was changed has a new number.",
            rows=gone[:ERRORS_TOLD_MAX],
        )


def _renamed(rows: Sequence[JsonRow], table: Table) -> list[JsonRow]:
    """Under the columns' names. Raises `BadRequest`."""
    known: dict[str, str] = {}
    renamed: list[JsonRow] = []
    for number, row in enumerate(rows, start=1):
        for text in row:
            if text not in known and text != ROW:
                known[text] = find_column(text, table.columns).name
        values = {known[text]: value for text, value in row.items() if text != ROW}
        if len(values) < len(row) - (ROW in row):
            raise BadRequest("column-twice", f"Row {number} names a column twice, once by its title. Name each once.", row=number)
        renamed.append(values)
    return renamed


def _check_key(rows: Sequence[JsonRow], key: Sequence[str]) -> None:
    for number, row in enumerate(rows, start=1):
        for name in key:
            if row.get(name) is None:
                detail = f"Row {number}: column {name} is part of the key and has no value here."
                raise BadRequest("empty-key", detail, row=number, column=name)


def _columns(asked: Asked, table: Table, rows: Sequence[JsonRow], key: Sequence[str]) -> list[Column]:
    """Those that the batch's file has. What an update by key does not name stays as it is, so all its rows name the same."""
    named = {name for row in rows for name in row}
    if asked.mode in ("append", "update") and not key:
        named = {column.name for column in table.columns}
    if asked.mode in ("upsert", "update") and key:
        number = next((number for number, row in enumerate(rows, start=1) if row.keys() != rows[0].keys()), None)
        if number is not None:
            differing = ", ".join(sorted(rows[number - 1].keys() ^ rows[0].keys()))
            raise BadRequest(
                "columns-differ",
                f"Row {number} does not name the same columns as row 1 ({differing}), and a column that is left out keeps its value. Send rows "
                "with other columns in a batch of their own.",
                row=number,
            )
    if asked.mode == "delete" and key:
        named = set(key)
    if asked.mode == "update" and named <= set(key):
        raise BadRequest("nothing-to-change", "The rows name the key alone. Name the columns that are to change, too.")
    return [column for column in table.columns if column.name in named]


def _texts(columns: Sequence[Column], rows: Sequence[JsonRow]) -> tuple[tuple[Column, ...], tuple[tuple[str | None, ...], ...]]:
    kept: list[Column] = []
    texts: list[list[str | None]] = []
    errors: list[dict[str, object]] = []
    for known in columns:
        values = [row.get(known.name) for row in rows]
        column = kind_found(known, values)
        written, unfit = texts_of(column, values)
        kept.append(
            structs.replace(column, nulls=(), declared=None, undecided=column.undecided and not any(value is not None for value in values))
        )
        texts.append(written)
        errors += [{"row": one.row + 1, "column": column.name, "detail": one.detail} for one in unfit]
    if errors:
        first = min(errors, key=lambda error: int(str(error["row"])))
        more = f" {len(errors) - 1} more values do not fit." if len(errors) > 1 else ""
        detail = f"Row {first['row']}, column {first['column']}: {first['detail']}{more} Nothing was changed."
        raise BadRequest("type-mismatch", detail, row=first["row"], column=first["column"], errors=errors[:ERRORS_TOLD_MAX])
    return tuple(kept), tuple(zip(*texts, strict=True))
