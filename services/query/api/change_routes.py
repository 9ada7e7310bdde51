"""What a version changed, over HTTP: rows that came, and rows that were replaced, old and new side by side."""

from typing import Annotated, Literal

import msgspec
from litestar import Response, get
from litestar.params import FromPath, PathParameter, QueryParameter
from litestar.types import ControllerRouterHandler
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.versions import key_of_version
from backbone.model import Column, View
from backbone.postgres.engine import transaction
from backbone.rows.history import Change, RowHistory
from backbone.runtime.signed_tokens import seal, unseal
from services.query.api.conditional_response import Asked, answer_from
from services.query.api.dataset_routes import DATASETS, Cursor, Limit
from services.query.api.describe import Read
from services.query.responses import Answer
from services.query.snapshot import Snapshot


class OldRow(Struct, frozen=True):
    row: str
    values: msgspec.Raw


class ChangeOut(Struct, frozen=True, omit_defaults=True):
    change: Literal["inserted", "updated"]
    row: str
    values: msgspec.Raw
    before: OldRow | None = None


class Changes(Struct, frozen=True):
    dataset: str
    version: int
    changes: list[ChangeOut]
    next_cursor: str | None


def change_routes(engine: AsyncEngine, history: RowHistory, cursor_key: bytes) -> list[ControllerRouterHandler]:
    @get(DATASETS + "/{name:str}/versions/{version:int}/changes", operation_class=Read, tags=["datasets"])
    async def get_changes(
        request: Asked,
        name: FromPath[str],
        version: Annotated[int, PathParameter(ge=1, le=2**31 - 1)],
        kind: Annotated[Literal["inserted", "updated", ""], QueryParameter(description="Only these; both when not given.")] = "",
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[Changes]:
        """What this version inserted and updated, in file order; also of a version that is held. Rows that were equal are no change."""
        bound = ("changes", name, version, kind)
        after = -1 if cursor is None else unseal(cursor_key, bound, cursor)

        async def page(view: View) -> Answer:
            key = await _key(engine, view)
            rows = await history.changes(view.table, version, key, kind=kind, after=after, limit=limit + 1)
            token = seal(cursor_key, bound, rows[limit - 1].row) if len(rows) > limit else None
            changes = Changes(name, version, [_change(row) for row in rows[:limit]], token)
            return Answer(msgspec.json.encode(changes), token)

        return await answer_from(await Snapshot.open(engine, name, version), request, "changes", page)

    return [get_changes]


async def _key(engine: AsyncEngine, view: View) -> tuple[Column, ...]:
    """By which the version was merged; empty when it was not."""
    async with transaction(engine) as connection:
        names = await key_of_version(connection, view.dataset, view.version)
    return tuple(column for column in view.table.columns if column.name in names)


def _change(change: Change) -> ChangeOut:
    if change.old_row is None or change.old_values is None:
        return ChangeOut("inserted", str(change.row), change.values)
    return ChangeOut("updated", str(change.row), change.values, OldRow(str(change.old_row), change.old_values))
