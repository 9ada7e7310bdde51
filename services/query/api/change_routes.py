"""What a version changed, over HTTP, or what differs between any two: rows that came, rows that were replaced, old and new side by side,
and rows that went."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal

import msgspec
from litestar import Response, get
from litestar.params import FromPath, PathParameter, QueryParameter
from litestar.types import ControllerRouterHandler
from msgspec import Struct, structs
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.row_targets import meant_by
from backbone.catalog.versions import origin_of_version, view_before
from backbone.columns.titles import split_titles
from backbone.errors import BadRequest
from backbone.model import View
from backbone.postgres.columns_sql import json_key
from backbone.postgres.engine import transaction
from backbone.postgres.size_sql import NULL_BYTES
from backbone.rows.history import Change, RowHistory
from backbone.runtime.signed_tokens import seal, unseal
from services.query.api.conditional_response import Asked, answer_from
from services.query.api.dataset_routes import DATASETS, Cursor, Limit
from services.query.api.describe import Read
from services.query.api.differences import Compared, read_differences
from services.query.responses import Answer
from services.query.search.long_pages import PAGE_BYTES_MAX
from services.query.snapshot import Snapshot

SINCE = "An older version: all that differs from it, in the place of what this version did by itself."
KEY = "With `since`: the columns that name a row, comma between; those of the last upload that had a key when not given."


class OldRow(Struct, frozen=True):
    row: str
    values: msgspec.Raw


class ChangeOut(Struct, frozen=True, omit_defaults=True):
    """A row that went has the values with which it went."""

    change: Literal["inserted", "updated", "removed"]
    row: str
    values: msgspec.Raw
    before: OldRow | None = None


class Changes(Struct, frozen=True):
    """`since`: the version with which it was compared where one was asked for; `key`: the columns by which its rows were paired then."""

    dataset: str
    version: int
    changes: list[ChangeOut]
    next_cursor: str | None
    since: int | None = None
    key: list[str] = []


def change_routes(engine: AsyncEngine, history: RowHistory, cursor_key: bytes) -> list[ControllerRouterHandler]:
    @get(DATASETS + "/{name:str}/versions/{version:int}/changes", operation_class=Read, tags=["datasets"])
    async def get_changes(
        request: Asked,
        name: FromPath[str],
        version: Annotated[int, PathParameter(ge=1, le=2**31 - 1)],
        kind: Annotated[Literal["inserted", "updated", "removed", ""], QueryParameter(description="Only these; all when not given.")] = "",
        limit: Limit = 50,
        cursor: Cursor = None,
        since: Annotated[int | None, QueryParameter(ge=1, le=2**31 - 1, description=SINCE)] = None,
        key: Annotated[str, QueryParameter(description=KEY)] = "",
    ) -> Response[Changes]:
        """What this version inserted and updated, in file order, and before that, where a replacement had a key, what it removed; also of
        a version that is held. Rows that were equal are no change. With `since` all that differs from that version."""
        if since is not None:
            asked = Compared(name, version, since, tuple(split_titles(key)), kind)
            return await answer_from(await Snapshot.open(engine, name, version), request, "differences", _differences(asked, cursor, limit))
        if key:
            raise BadRequest("key-without-since", "key= says by which columns two versions are compared: give since=, the older one, too.")
        bound = ("changes", name, version, kind)
        after = -1 if cursor is None else unseal(cursor_key, bound, cursor)

        async def page(view: View) -> Answer:
            most = min(limit, rows_within_bytes(view))
            rows = await _changes(engine, history, view, kind, after, most + 1)
            token = seal(cursor_key, bound, rows[most - 1].row) if len(rows) > most else None
            changes = Changes(name, version, [_change(row) for row in rows[:most]], token)
            return Answer(msgspec.json.encode(changes), token)

        return await answer_from(await Snapshot.open(engine, name, version), request, "changes", page)

    def _differences(asked: Compared, cursor: str | None, limit: int) -> Callable[[View], Awaitable[Answer]]:
        bound = ("differences", *structs.astuple(asked))
        is_behind, row = (False, -1) if cursor is None else unseal(cursor_key, bound, cursor)

        async def page(view: View) -> Answer:
            most = min(limit, rows_within_bytes(view))
            key, rows = await read_differences(engine, history, view, asked, (is_behind, row), most + 1)
            last = rows[most - 1] if len(rows) > most else None
            token = seal(cursor_key, bound, [not last.is_removed, last.row]) if last is not None else None
            changes = Changes(asked.dataset, asked.version, [_change(row) for row in rows[:most]], token, asked.since, list(key))
            return Answer(msgspec.json.encode(changes), token)

        return page

    return [get_changes]


def rows_within_bytes(view: View) -> int:
    """So many changes go into one answer, were each of them as long as the longest row, and had an older one beside it."""
    keys = sum(len(json_key(column.name)) + NULL_BYTES for column in view.table.columns)
    return max(1, PAGE_BYTES_MAX // (2 * (keys + view.longest_row) or 1))


async def _changes(engine: AsyncEngine, history: RowHistory, view: View, kind: str, after: int, limit: int) -> list[Change]:
    async with transaction(engine) as connection:
        origin = await origin_of_version(connection, view.dataset, view.version)
        is_compared = origin.mode == "replace" and origin.key
        before = await view_before(connection, origin.dataset_id, view.dataset, view.version) if is_compared else None
        meant = meant_by(origin, view.table)
    if before is not None:
        return await history.replaced_changes(view.table, view.version, meant.key, before, kind=kind, after=after, limit=limit)
    if origin.mode == "delete":
        is_asked = kind in ("", "removed")
        return await history.deleted(view.table, view.version, after=after, limit=limit) if is_asked else []
    if kind == "removed":
        return []
    return await history.changes(view.table, view.version, meant, kind=kind, after=after, limit=limit)


def _change(change: Change) -> ChangeOut:
    if change.is_removed:
        return ChangeOut("removed", str(change.row), change.values)
    if change.old_row is None or change.old_values is None:
        return ChangeOut("inserted", str(change.row), change.values)
    return ChangeOut("updated", str(change.row), change.values, OldRow(str(change.old_row), change.old_values))
