"""Maintenance from the command line: the schema, search indices from PostgreSQL, and the proof that nothing is lost."""

from collections.abc import AsyncIterator, Sequence
from functools import partial

from backbone.catalog.datasets import list_datasets
from backbone.catalog.keys import make_key
from backbone.postgres.engine import make_engine, migrate, transaction, wait_for_postgres
from backbone.runtime.principal import ALL
from backbone.settings import Settings
from backbone.wiring import Backbone, open_backbone, postgres_url
from services.indexer.audit.repair import Repaired, repair
from services.indexer.audit.verify import Verified, verify
from services.indexer.indexing.rebuild import rebuild
from services.indexer.stores import stores_of
from services.parser.reread import reread_chunk

DATASETS_PER_PAGE = 1000


async def migrate_schema(settings: Settings) -> None:
    engine = make_engine(postgres_url(settings), connections_max=1)
    await wait_for_postgres(engine)
    await migrate(engine)
    await engine.dispose()


async def make_admin_key(settings: Settings) -> str:
    """A key with all rights, beside those that there are."""
    engine = make_engine(postgres_url(settings), connections_max=1)
    await wait_for_postgres(engine)
    async with transaction(engine) as connection:
        _, key = await make_key(
            connection, name="from the command line", scopes=["admin"], datasets=[ALL], expires_at=None, made_by="the command line"
        )
    await engine.dispose()
    return key


async def rebuild_indices(settings: Settings, names: Sequence[str]) -> dict[str, int]:
    """Rebuilds the named datasets' indices, or all that have a version; returns the documents of each."""
    async with open_backbone(settings) as backbone:
        return {name: await rebuild(stores_of(backbone), name) for name in (names or await _published(backbone))}


async def repair_indices(settings: Settings, names: Sequence[str]) -> dict[str, Repaired]:
    """Mends the named datasets' indices, or all, and returns what was done to each."""
    async with open_backbone(settings) as backbone:
        return {name: await repair(stores_of(backbone), name) for name in (names or await _published(backbone))}


async def verify_datasets(settings: Settings, names: Sequence[str], *, deep: bool) -> AsyncIterator[Verified]:
    """Verifies the named datasets, or all, one after the other. Here the indexer's verifying meets the parser's reading."""
    async with open_backbone(settings) as backbone:
        for name in names or await _published(backbone):
            yield await verify(stores_of(backbone), name, partial(reread_chunk, backbone.files, backbone.engine) if deep else None)


async def _published(backbone: Backbone) -> list[str]:
    """Names of the datasets that readers see."""
    published: list[str] = []
    last = ""
    while True:
        async with transaction(backbone.engine) as connection:
            page = await list_datasets(connection, limit=DATASETS_PER_PAGE, after=last)
        published += [row["name"] for row in page if row["version"]]
        if len(page) < DATASETS_PER_PAGE:
            return published
        last = page[-1]["name"]
