"""From settings to open ports: the only place that knows which adapter stands behind which URL.

Adapters are imported where they are chosen: a process loads the libraries of the homes it has, and no others.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.outbox import Relay
from backbone.catalog.secret import cursor_key
from backbone.errors import BadRequest
from backbone.eventlog.port import EventLog
from backbone.files.open import open_files
from backbone.files.port import FileStore
from backbone.outgoing.addresses import read_allowed
from backbone.outgoing.client import Limits, Outgoing
from backbone.postgres.embedded.server import start_embedded, watch_embedded
from backbone.postgres.engine import make_engine, migrate, wait_for_postgres
from backbone.rows.audit import RowAudit
from backbone.rows.export import RowExport
from backbone.rows.groups import RowGroups
from backbone.rows.history import RowHistory
from backbone.rows.store import RowStore
from backbone.runtime.sealed_secrets import SealedSecrets
from backbone.search.port import SearchIndex
from backbone.settings import Settings, exports_max, without_password

EMBEDDED = "embedded:"
PREFIX = "rowmill"  # of topics and indices, where the URL gives none


@dataclass(frozen=True)
class Pools:
    """Connections to PostgreSQL by what they are for: a search that takes long, or an export that is read slowly, keeps no upload waiting."""

    catalog: AsyncEngine
    readers: AsyncEngine
    exporters: AsyncEngine


@dataclass(frozen=True)
class Backbone:
    """Everything a service stands on, open and ready."""

    settings: Settings
    engine: AsyncEngine
    files: FileStore
    log: EventLog
    readers: AsyncEngine  # for what clients ask: apart from `engine`, so that no search keeps the catalog waiting
    rows: RowStore
    audit: RowAudit
    groups: RowGroups
    history: RowHistory
    export: RowExport
    relay: Relay
    cursor_key: bytes
    sealed: SealedSecrets  # secrets of others, as the catalog keeps them
    outgoing: Outgoing  # to servers that users name
    opened: AsyncExitStack

    @cached_property
    def index(self) -> SearchIndex:
        """Opened by whoever asks first: a pod that never does, saves the 18 MiB of Elasticsearch's client."""
        index = open_index(self.settings.search_url, self.engine, self.readers)
        self.opened.push_async_callback(index.close)
        return index


@asynccontextmanager
async def open_backbone(settings: Settings) -> AsyncIterator[Backbone]:
    """Opens every port, with the schema up to date. Raises `BadRequest` for a URL of no known kind, `Unavailable`."""
    async with AsyncExitStack() as opened:
        url = await asyncio.to_thread(postgres_url, settings)
        if settings.postgres_url == EMBEDDED:
            opened.callback(asyncio.create_task(watch_embedded(settings.home_path)).cancel)
        engine = make_engine(url, settings.postgres_connections_max)
        readers = make_engine(url, settings.readers_max, settings.read_timeout_s)
        exporters = make_engine(url, exports_max(settings))
        for pool in (engine, readers, exporters):
            opened.push_async_callback(pool.dispose)
        await wait_for_postgres(engine)
        await migrate(engine)
        files = open_files(files_url(settings))
        if not settings.files_url:
            (settings.home_path / "files").chmod(0o700)  # one of an older Rowmill was open to all
        opened.push_async_callback(files.close)
        log = open_log(settings.events_url, engine, settings.partitions)
        opened.push_async_callback(log.close)
        check_index_url(settings.search_url)
        key = await cursor_key(engine, settings.secret)
        backbone = assemble(settings, Pools(engine, readers, exporters), files, log, key, opened)
        opened.push_async_callback(backbone.outgoing.close)
        yield backbone


def assemble(settings: Settings, pools: Pools, files: FileStore, log: EventLog, key: bytes, opened: AsyncExitStack) -> Backbone:
    """What stands on open ports, all of it. Does no I/O."""
    engine = pools.catalog
    return Backbone(
        settings=settings,
        engine=engine,
        readers=pools.readers,
        files=files,
        log=log,
        rows=RowStore(engine, settings.small_rows_max),
        audit=RowAudit(engine),
        groups=RowGroups(pools.readers),
        history=RowHistory(engine),
        export=RowExport(pools.exporters),
        relay=Relay(engine, log),
        cursor_key=key,
        sealed=SealedSecrets([key, *former_secrets(settings)]),
        outgoing=outgoing_of(settings),
        opened=opened,
    )


def former_secrets(settings: Settings) -> list[bytes]:
    return [secret.strip().encode() for secret in settings.secret_before.split(",") if secret.strip()]


def outgoing_of(settings: Settings) -> Outgoing:
    """Raises `BadRequest`."""
    limits = Limits(
        total_s=settings.outgoing_total_s,
        silence_s=settings.outgoing_silence_s,
        bytes_per_s_min=settings.outgoing_bytes_per_s_min,
        per_host_max=settings.outgoing_per_host_max,
        requests_per_s=settings.outgoing_requests_per_s,
    )
    return Outgoing(read_allowed(settings.outgoing_allow), limits, settings.outgoing_proxy)


def postgres_url(settings: Settings) -> str:
    if settings.postgres_url == EMBEDDED:
        return start_embedded(settings.home_path)
    return settings.postgres_url


def files_url(settings: Settings) -> str:
    return settings.files_url or (settings.home_path / "files").resolve().as_uri()


def open_log(url: str, engine: AsyncEngine, partitions: int = 0) -> EventLog:
    """`partitions`: of a topic; 0: as many as are right for that home."""
    parts = urlsplit(url)
    wanted = {"partitions": partitions} if partitions else {}
    if parts.scheme == "postgres":
        from backbone.eventlog.postgres.log import PostgresEventLog

        return PostgresEventLog(engine, **wanted)
    if parts.scheme == "kafka":
        from backbone.eventlog.kafka.address import read_address
        from backbone.eventlog.kafka.log import KafkaEventLog

        address = read_address(url)
        return KafkaEventLog(address.bootstrap, address.prefix or PREFIX, security=address.security, **wanted)
    raise BadRequest("bad-setting", f"ROWMILL_EVENTS_URL={without_password(url)!r} must be postgres: or kafka://host:9092[/prefix].")


def check_index_url(url: str) -> None:
    """Raises `BadRequest`."""
    if urlsplit(url).scheme not in ("postgres", "http", "https"):
        raise BadRequest("bad-setting", f"ROWMILL_SEARCH_URL={without_password(url)!r} must be postgres: or http(s)://host:9200[/prefix].")


def open_index(url: str, engine: AsyncEngine, readers: AsyncEngine) -> SearchIndex:
    """Raises `BadRequest`."""
    check_index_url(url)
    from backbone.search.postgres.index import PostgresIndex

    parts = urlsplit(url)
    if parts.scheme == "postgres":
        return PostgresIndex(engine, readers)
    from backbone.search.elasticsearch.address import read_address
    from backbone.search.elasticsearch.index import ElasticsearchIndex

    address = read_address(url)
    # What an index of few fields cannot answer (a filter on prose, on a wide table), the rows themselves can.
    return ElasticsearchIndex(address.url, address.prefix or PREFIX, PostgresIndex(engine, readers), security=address.security)
