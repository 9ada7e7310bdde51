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
from backbone.postgres.embedded.background import background_connection
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
SESSIONS_MAX = 2  # connections of a process to the server itself for short work, where a pooler has the rest
PREFIX = "rowmill"  # of topics and indices, where the URL gives none


@dataclass(frozen=True)
class Pools:
    """Connections to PostgreSQL by what they are for: a search that takes long, or an export that is read slowly, keeps no upload waiting."""

    catalog: AsyncEngine
    readers: AsyncEngine
    exporters: AsyncEngine
    sessions: AsyncEngine  # on the server itself, for what a pooler cannot stand before: LISTEN, and locks and settings of a session


@dataclass(frozen=True)
class Backbone:
    """Everything a service stands on, open and ready."""

    settings: Settings
    engine: AsyncEngine
    sessions: AsyncEngine
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

    @property
    def keeps_documents(self) -> bool:
        """Whether there is a search index with documents of its own. Else rows are searched as they lie. Asks no server, as `index` may."""
        return keeps_documents(self.settings)

    @cached_property
    def index(self) -> SearchIndex:
        """Opened by whoever asks first: a pod that never does, saves the 18 MiB of Elasticsearch's client."""
        index = open_index(self.settings, self.engine, self.readers, self.sessions)
        self.opened.push_async_callback(index.close)
        return index


@asynccontextmanager
async def open_backbone(settings: Settings) -> AsyncIterator[Backbone]:
    """Opens every port, with the schema up to date. Raises `BadRequest` for a URL of no known kind, `Unavailable`."""
    async with AsyncExitStack() as opened:
        url = await asyncio.to_thread(postgres_url, settings)
        if settings.postgres_url == EMBEDDED:
            opened.callback(asyncio.create_task(watch_embedded(settings.home_path)).cancel)
        pools = open_pools(settings, url)
        engine = pools.catalog
        for pool in {pools.catalog, pools.readers, pools.exporters, pools.sessions}:
            opened.push_async_callback(pool.dispose)
        await wait_for_postgres(pools.sessions)
        await migrate(pools.sessions)
        await wait_for_postgres(engine)
        files = open_files(files_url(settings))
        if not settings.files_url:
            (settings.home_path / "files").chmod(0o700)  # one of an older Rowmill was open to all
        opened.push_async_callback(files.close)
        log = open_log(settings.events_url, engine, settings.partitions, pools.sessions)
        opened.push_async_callback(log.close)
        check_index_url(settings.search_url)
        key = await cursor_key(engine, settings.secret)
        backbone = assemble(settings, pools, files, log, key, opened)
        opened.push_async_callback(backbone.outgoing.close)
        yield backbone


def open_pools(settings: Settings, url: str) -> Pools:
    """`url`: of the server itself. Connects with the first use."""
    pooler = settings.postgres_pooler_url
    catalog, exporters = (
        make_engine(pooler or url, connections_max, is_pooler=bool(pooler))
        for connections_max in (settings.postgres_connections_max, exports_max(settings))
    )
    # How long a search may take is a setting of its session, so it is asked of the server itself.
    readers = make_engine(url, settings.readers_max, settings.read_timeout_s)
    return Pools(catalog, readers, exporters, make_engine(url, SESSIONS_MAX) if pooler else catalog)


def assemble(settings: Settings, pools: Pools, files: FileStore, log: EventLog, key: bytes, opened: AsyncExitStack) -> Backbone:
    """What stands on open ports, all of it. Does no I/O."""
    engine = pools.catalog
    return Backbone(
        settings=settings,
        engine=engine,
        sessions=pools.sessions,
        readers=pools.readers,
        files=files,
        log=log,
        rows=RowStore(engine, settings.small_rows_max, shard_rows_max(settings)),
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


def shard_rows_max(settings: Settings) -> int:
    """0 where no index has shards."""
    return settings.shard_rows_max if keeps_documents(settings) else 0


def keeps_documents(settings: Settings) -> bool:
    return urlsplit(settings.search_url).scheme != "postgres"


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


def open_log(url: str, engine: AsyncEngine, partitions: int = 0, sessions: AsyncEngine | None = None) -> EventLog:
    """`partitions`: of a topic; 0: as many as are right for that home. `sessions`: where members of a group connect; else as `engine`."""
    parts = urlsplit(url)
    wanted = {"partitions": partitions} if partitions else {}
    if parts.scheme == "postgres":
        from backbone.eventlog.postgres.log import PostgresEventLog

        return PostgresEventLog(engine, **wanted, sessions=sessions)
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


def open_index(settings: Settings, engine: AsyncEngine, readers: AsyncEngine, sessions: AsyncEngine) -> SearchIndex:
    """Raises `BadRequest`."""
    check_index_url(settings.search_url)
    from backbone.search.postgres.index import PostgresIndex

    if not keeps_documents(settings):
        return PostgresIndex(engine, readers, sessions, background_connection if settings.postgres_url == EMBEDDED else None)
    from backbone.search.elasticsearch.address import read_address
    from backbone.search.elasticsearch.index import ElasticsearchIndex

    address = read_address(settings.search_url)
    # What an index of few fields cannot answer (a filter on prose, on a wide table), the rows themselves can.
    return ElasticsearchIndex(address.url, address.prefix or PREFIX, PostgresIndex(engine, readers, sessions), security=address.security)
