"""`rowmill serve`, `migrate`, `first-key`, `index` and `verify`."""

import asyncio
import os
import sys
from collections.abc import Sequence
from typing import Annotated

from cyclopts import Parameter

from backbone.runtime.logging import start_logging
from backbone.settings import Settings, read_settings
from services.command_line import maintain
from services.command_line.one_sentence import one_sentence
from services.indexer.audit.verify import Verified


@one_sentence
def serve(*services: str) -> None:
    """Run all services in one process, or only the named ones (upload, parser, indexer, query)."""
    from services.__main__ import check_names, serve

    settings = _settings()
    start_logging(settings.log_level)
    check_names(services)
    where = settings.own_url
    asyncio.run(serve(settings, services, lambda: _say(f"Rowmill listens at {where} (API: {where}/api/docs/)")))


@one_sentence
def migrate() -> None:
    """Bring the PostgreSQL schema up to date. Serving does this too; a rollout may want it done before."""
    asyncio.run(maintain.migrate_schema(_settings()))
    _say("The schema is up to date.")


@one_sentence
def first_key() -> None:
    """Make a key with all rights and print it this once. It speaks to PostgreSQL, not to the API: whoever may run this is in charge anyway."""
    key = asyncio.run(maintain.make_admin_key(_settings()))
    _say("This key may do everything, and is shown this once:")
    sys.stdout.write(f"{key}\n")


@one_sentence
def index(*datasets: str, repair: Annotated[bool, Parameter(help="Mend what differs while readers go on.")] = False) -> None:
    """Create or rebuild the search index of the named datasets, or of all, from PostgreSQL. Searches find nothing meanwhile."""
    if repair:
        for name, mended in asyncio.run(maintain.repair_indices(_settings(), datasets)).items():
            _say(f"{name}: {mended.put} documents put again, {mended.deleted} deleted")
        return
    for name, count in asyncio.run(maintain.rebuild_indices(_settings(), datasets)).items():
        _say(f"{name}: {count} documents")


@one_sentence
def verify(
    *datasets: str,
    deep: Annotated[bool, Parameter(help="Every value: the stored file, read again, against PostgreSQL, against the index.")] = False,
) -> None:
    """Check the named datasets, or all: file = rows + rejects, rows = documents. Names each difference, and ends with 1 if there is one."""
    if not asyncio.run(_verify(datasets, deep)):
        sys.exit(1)


async def _verify(datasets: Sequence[str], deep: bool) -> bool:
    is_whole = True
    async for verified in maintain.verify_datasets(_settings(), datasets, deep=deep):
        sys.stdout.write("".join(f"{sentence}\n" for sentence in _sentences(verified, deep)))
        sys.stdout.flush()
        is_whole = is_whole and not verified.differences
    return is_whole


def _sentences(verified: Verified, deep: bool) -> Sequence[str]:
    """A line a difference, or one for the dataset: plain, for scripts read them too."""
    if verified.differences:
        return verified.differences
    counts = f"{verified.uploads} uploads: {verified.rows or 0:,} rows, {verified.documents or 0:,} documents"
    what = f"version {verified.version}, {verified.versions} kept, {counts}" if verified.version else "no version yet"
    same = "every value the same in file, PostgreSQL and index" if deep else "everything adds up"
    return [f"{verified.dataset}: {what}; {same}"]


def _settings() -> Settings:
    return read_settings(os.environ)


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()
