"""What a version changed, over HTTP: rows that came, and rows that were replaced, old and new side by side."""

from typing import Annotated, Literal

import msgspec
from litestar import MediaType, Response, get
from litestar.params import FromPath, QueryParameter
from litestar.types import ControllerRouterHandler
from msgspec import Struct

from backbone.adapters.database import transaction
from backbone.books.datasets import read_view
from backbone.books.versions import key_of_version
from backbone.ports.row_history import Change
from backbone.signed import seal, unseal
from backbone.wiring import Backbone
from services.query.dataset_routes import DATASETS, Cursor, Limit


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


def change_routes(backbone: Backbone) -> list[ControllerRouterHandler]:
    @get(DATASETS + "/{name:str}/versions/{version:int}/changes", tags=["datasets"])
    async def get_changes(
        name: FromPath[str],
        version: FromPath[int],
        kind: Annotated[Literal["inserted", "updated", ""], QueryParameter(description="Only these; both when not given.")] = "",
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[Changes]:
        """What this version inserted and updated, in file order; also of a version that is held. Rows that were equal are no change."""
        bound = ("changes", name, version, kind)
        after = -1 if cursor is None else unseal(backbone.cursor_key, bound, cursor)
        async with transaction(backbone.engine) as connection:
            view = await read_view(connection, name, version)
            names = await key_of_version(connection, name, version)
        key = [column for column in view.table.columns if column.name in names]
        found = await backbone.history.changes(view.table, version, key, kind=kind, after=after, limit=limit + 1)
        page = [_change(one) for one in found[:limit]]
        token = seal(backbone.cursor_key, bound, found[limit - 1].row) if len(found) > limit else None
        return Response(msgspec.json.encode(Changes(name, version, page, token)), media_type=MediaType.JSON)  # type: ignore[arg-type]

    return [get_changes]


def _change(one: Change) -> ChangeOut:
    if one.old_row is None or one.old_values is None:
        return ChangeOut("inserted", str(one.row), one.values)
    return ChangeOut("updated", str(one.row), one.values, OldRow(str(one.old_row), one.old_values))
