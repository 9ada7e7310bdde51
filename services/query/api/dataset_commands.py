"""What can be done with a dataset: rename it, say how many versions it keeps, give its columns other types, pin groups of it, remove it."""

from typing import Annotated, Literal

from litestar import Response, delete, patch
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Body, FromPath
from litestar.types import ControllerRouterHandler
from msgspec import Meta, Struct
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.dataset_guards import DatasetGuards
from backbone.catalog.dataset_names import check_dataset_name
from backbone.catalog.datasets import dataset_row, no_such_dataset
from backbone.catalog.outbox import Relay
from backbone.catalog.pins import PINS_MAX, Pin, change_pins
from backbone.catalog.search_settings import read_settings
from backbone.errors import BadRequest
from backbone.files.port import FileStore
from backbone.lifecycle.change_columns import TypeChange, change_columns
from backbone.lifecycle.change_guards import change_guards
from backbone.lifecycle.change_search import change_language, change_weights
from backbone.lifecycle.remove import remove_dataset
from backbone.lifecycle.rename import change_dataset
from backbone.postgres.engine import transaction
from backbone.query.fields import WEIGHT_MAX
from backbone.query.stems import Language
from backbone.rows.store import RowStore
from backbone.runtime.principal import asking
from services.query.api.dataset_routes import DATASETS

TYPES = "By a column's name or title its new type, as in `types=`: `text`, `decimal(1.234,56)`, `date(%d/%m/%Y)`."


WEIGHTS = "By a column's name or title how much a word found in it says of its row, 1 to 10; null goes back to what Rowmill finds."

GUARDS = "What holds for each of its files, whatever the upload says: all of it, in the place of what held before."

PINS = "Groups that its page shows first, all of them, in their order: as they are asked for by `by`, `agg`, `q` and `filter`."

LANGUAGE = "In which words are found in their other forms too (`teapots` for `teapot`); `none`: in none, `found`: as Rowmill finds it."


class DatasetChanges(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is left out stays as it is."""

    name: str | None = None
    title: Annotated[str, Meta(min_length=1, max_length=1000)] | None = None
    versions_kept: Annotated[int, Meta(ge=1, le=1000)] | None = None
    types: Annotated[dict[str, str], Meta(max_length=1000, description=TYPES)] | None = None
    weights: Annotated[dict[str, Annotated[int, Meta(ge=1, le=WEIGHT_MAX)] | None], Meta(max_length=1000, description=WEIGHTS)] | None = (
        None
    )
    language: Annotated[Language | Literal["found"], Meta(description=LANGUAGE)] | None = None
    guards: Annotated[DatasetGuards, Meta(description=GUARDS)] | None = None
    pins: Annotated[list[Pin], Meta(max_length=PINS_MAX, description=PINS)] | None = None
    hold: Annotated[bool, Meta(description="With `types`: the new version waits as HELD, to be looked at and published.")] = False


class DatasetSettings(Struct, frozen=True):
    """`upload` is the one that gives columns other types; null where none had to change. `weights` are those that were given, by name."""

    name: str
    title: str
    version: int
    versions_kept: int
    weights: dict[str, int]
    language: str | None  # as given; null: as found
    upload: str | None = None


def dataset_commands(
    engine: AsyncEngine, files: FileStore, rows: RowStore, relay: Relay, versions_kept: int
) -> list[ControllerRouterHandler]:
    queued = ResponseSpec(
        data_container=DatasetSettings, description="Other types are on their way: `upload`, and `Location`, say how far."
    )

    @patch(DATASETS + "/{name:str}", operation_id="change_dataset", responses={202: queued}, tags=["datasets"])
    async def change(name: FromPath[str], data: Annotated[DatasetChanges, Body()]) -> Response[DatasetSettings]:
        """Give a dataset another name or title, another number of versions to keep than ROWMILL_VERSIONS_KEPT, its columns other weights, its
        files other guards, its page other pins, or its words another language (at once, for all versions), or its columns other types. Then
        all its files are read again, as a new version, beside the readers; 202."""
        _check_together(data)
        new_name = None if data.name is None else check_dataset_name(data.name)
        if new_name is not None and not asking().sees(new_name):
            raise no_such_dataset(new_name)
        change = TypeChange(dataset=name, types=data.types or {}, hold=data.hold)
        upload = await change_columns(engine, files, rows, change) if data.types else None
        async with transaction(engine) as connection:
            if data.weights is not None:
                await change_weights(connection, name, data.weights)
            if data.language is not None:
                await change_language(connection, name, data.language)
            if data.guards is not None:
                await change_guards(connection, name, data.guards)
            if data.pins is not None:
                await change_pins(connection, name, data.pins)
            await change_dataset(connection, name, name=new_name, title=data.title, versions_kept=data.versions_kept)
            row = await dataset_row(connection, new_name or name)
        relay.wake()
        kept = row["versions_kept"] or versions_kept
        said = read_settings(row["search"])
        settings = DatasetSettings(
            name=row["name"],
            title=row["title"],
            version=row["version"],
            versions_kept=kept,
            weights=said.weights,
            language=said.language,
            upload=upload,
        )
        if upload is None:
            return Response(settings)
        return Response(settings, status_code=202, headers={"Location": f"/api/uploads/{upload}"})

    @delete(DATASETS + "/{name:str}", operation_id="delete_dataset", status_code=204, tags=["datasets"])
    async def remove(name: FromPath[str]) -> None:
        """Remove a dataset with all its versions, uploads and files. It is gone for its readers at once."""
        async with transaction(engine) as connection:
            await remove_dataset(connection, name)
        relay.wake()

    return [change, remove]


def _check_together(data: DatasetChanges) -> None:
    """All that is asked for is done, or nothing: types are queued, the rest is done at once. Raises `BadRequest`."""
    if data.hold and not data.types:
        raise BadRequest(
            "hold-without-types", "hold is for a change of types: nothing else waits to be published. Leave it out, or give types."
        )
    others = (data.name, data.title, data.versions_kept, data.weights, data.language, data.guards, data.pins)
    if data.types and any(each is not None for each in others):
        raise BadRequest(
            "types-alone",
            "Other types are a load of their own. Send types, with hold if you like, without name, title, versions_kept, weights, language, guards and pins.",
        )
