"""Retention leaves a version alone while its pages are read, and all that came after it."""

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from backbone.catalog.datasets import list_versions, lock_dataset, make_table
from backbone.catalog.schema import datasets, versions
from backbone.catalog.versions import keep_for_walk
from backbone.lifecycle.retention import expire_versions
from backbone.model import Table, View
from backbone.postgres.engine import transaction


async def make_versions(connection: AsyncConnection, count: int) -> tuple[int, Table]:
    dataset = (await connection.execute(insert(datasets).values(name="walked", title="walked").returning(datasets.c.id))).scalar_one()
    table = await make_table(connection, dataset, (), "columns")
    for number in range(1, count + 1):
        await connection.execute(insert(versions).values(dataset_id=dataset, number=number, table_id=table.id, published_at=func.now()))
    return int(dataset), table


async def kept(connection: AsyncConnection, dataset: int, kept_max: int) -> list[int]:
    row = await lock_dataset(connection, dataset)
    assert row is not None
    await expire_versions(connection, row, kept_max)
    return [version["number"] for version in await list_versions(connection, dataset)]


async def test_a_version_stays_while_it_is_walked_through(engine: AsyncEngine) -> None:
    async with transaction(engine) as connection:
        dataset, table = await make_versions(connection, 5)
        await keep_for_walk(connection, View(dataset="walked", table=table, version=2), 3600)
        assert await kept(connection, dataset, 2) == [5, 4, 3, 2]
        await connection.execute(update(versions).where(versions.c.number == 2).values(walked_until=func.now()))
        assert await kept(connection, dataset, 2) == [5, 4]


async def test_a_line_that_somebody_holds_is_not_waited_for(engine: AsyncEngine) -> None:
    async with transaction(engine) as connection:
        dataset, table = await make_versions(connection, 1)
    view = View(dataset="walked", table=table, version=1)
    async with transaction(engine) as holding:
        await holding.execute(select(versions).where(versions.c.dataset_id == dataset).with_for_update())
        async with transaction(engine) as connection:
            await keep_for_walk(connection, view, 3600)
    async with transaction(engine) as connection:
        assert (await connection.execute(select(versions.c.walked_until))).scalar_one() is None
