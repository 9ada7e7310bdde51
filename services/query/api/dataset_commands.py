"""What can be done with a dataset: rename it, say how many versions it keeps, remove it."""

from typing import Annotated

from litestar import delete, patch
from litestar.params import Body, FromPath
from litestar.types import ControllerRouterHandler
from msgspec import Meta, Struct
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.datasets import check_dataset_name, dataset_row
from backbone.catalog.outbox import Relay
from backbone.lifecycle.remove import remove_dataset
from backbone.lifecycle.rename import change_dataset
from backbone.postgres.engine import transaction
from services.query.api.dataset_routes import DATASETS


class DatasetChanges(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is left out stays as it is."""

    name: str | None = None
    title: Annotated[str, Meta(min_length=1, max_length=1000)] | None = None
    versions_kept: Annotated[int, Meta(ge=1, le=1000)] | None = None


class DatasetSettings(Struct, frozen=True):
    name: str
    title: str
    version: int
    versions_kept: int


def dataset_commands(engine: AsyncEngine, relay: Relay, versions_kept: int) -> list[ControllerRouterHandler]:
    @patch(DATASETS + "/{name:str}", tags=["datasets"])
    async def change(name: FromPath[str], data: Annotated[DatasetChanges, Body()]) -> DatasetSettings:
        """Give a dataset another name or title, or another number of versions to keep than ROWMILL_VERSIONS_KEPT."""
        new_name = None if data.name is None else check_dataset_name(data.name)
        async with transaction(engine) as connection:
            await change_dataset(connection, name, name=new_name, title=data.title, versions_kept=data.versions_kept)
            row = await dataset_row(connection, new_name or name)
        relay.wake()
        kept = row["versions_kept"] or versions_kept
        return DatasetSettings(name=row["name"], title=row["title"], version=row["version"], versions_kept=kept)

    @delete(DATASETS + "/{name:str}", status_code=204, tags=["datasets"])
    async def remove(name: FromPath[str]) -> None:
        """Remove a dataset with all its versions, uploads and files. It is gone for its readers at once."""
        async with transaction(engine) as connection:
            await remove_dataset(connection, name)
        relay.wake()

    return [change, remove]
