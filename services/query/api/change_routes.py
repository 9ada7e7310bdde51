"""What a version changed, over HTTP: rows that came, and rows that were replaced, old and new side by side."""

from typing import Annotated, Literal

import msgspec
from litestar import Response, get
from litestar.params import FromPath, PathParameter, QueryParameter
from litestar.types import ControllerRouterHandler
from msgspec import Struct

from backbone.catalog.datasets import read_view
from backbone.catalog.versions import key_of_version
from backbone.model import Column, View
from backbone.postgres.engine import transaction
from backbone.rows.history import Change
from backbone.runtime.signed_tokens import seal, unseal
from backbone.wiring import Backbone
from services.query.api.conditional_response import Asked, answer, parameters, unchanged
from services.query.api.dataset_routes import DATASETS, Cursor, Limit
from services.query.api.describe import Read
from services.query.api.etags import tag_of_view
from services.query.consistent_read import consistent_read


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
        after = -1 if cursor is None else unseal(backbone.cursor_key, bound, cursor)
        opened = await _open(backbone, name, version)
        tag = tag_of_view(opened.view, ["changes", *parameters(request)])
        if (known := unchanged(request, tag)) is not None:
            return known
        opened, found = await consistent_read(
            backbone,
            opened,
            lambda: _open(backbone, name, version),
            lambda opened: backbone.history.changes(opened.view.table, version, opened.key, kind=kind, after=after, limit=limit + 1),
        )
        token = seal(backbone.cursor_key, bound, found[limit - 1].row) if len(found) > limit else None
        changes = Changes(name, version, [_change(one) for one in found[:limit]], token)
        return answer(request, msgspec.json.encode(changes), tag, next_cursor=token)

    return [get_changes]


class _Opened(Struct, frozen=True):
    view: View
    key: tuple[Column, ...]


async def _open(backbone: Backbone, name: str, version: int) -> _Opened:
    async with transaction(backbone.engine) as connection:
        view = await read_view(connection, name, version)
        names = await key_of_version(connection, name, version)
    return _Opened(view, tuple(column for column in view.table.columns if column.name in names))


def _change(one: Change) -> ChangeOut:
    if one.old_row is None or one.old_values is None:
        return ChangeOut("inserted", str(one.row), one.values)
    return ChangeOut("updated", str(one.row), one.values, OldRow(str(one.old_row), one.old_values))
