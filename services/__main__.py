"""The one composition root: `python -m services` runs all four services in one process, `python -m services parser` is a pod."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from functools import partial
from typing import Final, TypeVar

import structlog
from msgspec import structs

from backbone.catalog.keys import make_first_key, make_metrics_key
from backbone.consume import consume
from backbone.consume.hands import Hands
from backbone.consume.heartbeat import Heartbeat
from backbone.consume.measure import measure_backlog
from backbone.consume.periodic import run_periodically
from backbone.errors import BadRequest, Rejected, Unavailable
from backbone.eventlog import events
from backbone.eventlog.events import UPLOAD_REMOVING, Event
from backbone.http.access import Access, OpenToAll, open_access
from backbone.http.app import build_app
from backbone.http.client_presence import ClientPresence
from backbone.http.compressed import Compressed
from backbone.http.door import Door, Guarded, asks_for_keys, door_of
from backbone.http.head_requests import HeadRequests
from backbone.http.health import measure_servers
from backbone.http.key_limits import limits_of
from backbone.http.oidc_roles import check_oidc
from backbone.http.proxied import Proxied, trusted_networks
from backbone.http.recorded import Recorded
from backbone.http.refusals import Refusals
from backbone.http.server import check_free, serve_http, tls_options
from backbone.http.traced import Traced
from backbone.lifecycle.end_upload import UploadError, end_upload, internal_error
from backbone.lifecycle.remove import give_up_removal
from backbone.metrics import Measure
from backbone.postgres.engine import measure_connections, transaction
from backbone.runtime.debugging import start_debugging
from backbone.runtime.garbage import leave_out_what_is_here
from backbone.runtime.logging import start_logging
from backbone.runtime.tracing import start_tracing
from backbone.service import Service
from backbone.settings import NO_KEY, Settings, read_settings
from backbone.wiring import Backbone, open_backbone

log = structlog.get_logger()
T = TypeVar("T")
TIDYING_HANDS: Final = 1  # of the indexer, beside those for chunks

DOING: Final[Mapping[str, str]] = {
    events.CHUNK_PLANNED: "loaded a piece of the file",
    events.CHUNK_LOADED: "indexed a piece of the file",
    events.UPLOAD_LOADED: "merged the file's rows into the dataset",
    events.UPLOAD_INDEXED: "published the version",
    events.UPLOAD_ENDED: "removed what the upload had left",
    events.UPLOAD_REMOVING: "took the upload out of its dataset",
}


# Each is imported when it is built: a pod keeps in memory what it runs, and no more.
def build_upload(backbone: Backbone) -> Service:
    from services.upload.service import build

    return build(backbone)


def build_parser(backbone: Backbone) -> Service:
    from services.parser.service import build

    return build(backbone)


def build_indexer(backbone: Backbone) -> Service:
    from services.indexer.service import build

    return build(backbone)


def build_query(backbone: Backbone) -> Service:
    from services.query.service import build

    return build(backbone)


SERVICES: Final[Mapping[str, Callable[[Backbone], Service]]] = {
    "upload": build_upload,
    "parser": build_parser,
    "indexer": build_indexer,
    "query": build_query,
}


def check_names(names: Sequence[str]) -> Sequence[str]:
    """All services when none is named. Raises `BadRequest`."""
    if unknown := sorted(set(names) - SERVICES.keys()):
        raise BadRequest("no-such-service", f"No such service: {', '.join(unknown)}. There are {', '.join(SERVICES)}.")
    return list(dict.fromkeys(names)) or list(SERVICES)


def check_pool(settings: Settings, names: Sequence[str]) -> None:
    """Hands of the indexer hold a connection while they take a second one: where all connections can be held so, all of them wait for ever.

    Raises `BadRequest`.
    """
    needed = settings.indexer_parallel + TIDYING_HANDS + 1
    if "indexer" in names and settings.postgres_connections_max < needed:
        raise BadRequest(
            "pool-too-small",
            f"ROWMILL_POSTGRES_CONNECTIONS_MAX={settings.postgres_connections_max} is too few for "
            f"ROWMILL_INDEXER_PARALLEL={settings.indexer_parallel}: give at least {needed} connections, or fewer hands.",
        )


async def serve(settings: Settings, names: Sequence[str], on_ready: Callable[[], None] = lambda: None) -> None:
    """Runs the named services until SIGTERM or SIGINT; what they have in hand is finished first.

    Raises `BadRequest` when the address is taken or a setting is wrong, `Unavailable` when PostgreSQL does not come up.
    """
    start_debugging(settings.debug_port)
    door = door_of(settings)
    trusted_networks(settings)
    check_oidc(settings, asks_for_keys=asks_for_keys(settings))
    check_pool(settings, check_names(names))
    tls_options(settings)
    check_free(settings.http_host, settings.http_port)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    os.umask(0o077)  # what lies in the home is for nobody else on this machine
    async with AsyncExitStack() as opened:
        tracing = start_tracing(settings.traces_url, ",".join(check_names(names)))
        opened.push_async_callback(asyncio.to_thread, tracing.shutdown)  # sends what it still has
        backbone = await unless_stopped(opened.enter_async_context(open_backbone(settings)), stopping)
        if backbone is None:
            return
        services = [SERVICES[name](backbone) for name in check_names(names)]
        await run(backbone, services, door, stopping, on_ready)


async def unless_stopped(opening: Awaitable[T], stopping: asyncio.Event) -> T | None:
    """What comes of it; None when it was told to stop meanwhile: a server that does not come up is waited for for a minute."""
    task = asyncio.ensure_future(opening)
    waiting = asyncio.create_task(stopping.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if task.done():
        return await task
    task.cancel()
    with suppress(asyncio.CancelledError, Exception):
        await task
    return None


async def run(backbone: Backbone, services: Sequence[Service], door: Door, stopping: asyncio.Event, on_ready: Callable[[], None]) -> None:
    settings = backbone.settings
    on_dead_letter = partial(fail_its_upload, backbone)
    access = await keys_of(backbone) if asks_for_keys(settings) else OpenToAll()
    app = build_app(services, measures_of(backbone, services), access, limits_of(settings))
    behind_door = Guarded(Compressed(ClientPresence(Traced(app), settings.send_stall_s)), door)
    subscriptions, hands = [item for service in services for item in service.subscriptions], Hands()
    leave_out_what_is_here()
    async with asyncio.TaskGroup() as tasks:
        refusals = Refusals(backbone.engine)
        recorded = Recorded(HeadRequests(behind_door), is_logged=settings.access_log, on_answered=refusals.add)
        tasks.create_task(refusals.run(stopping))
        tasks.create_task(serve_http(Proxied(recorded, trusted_networks(settings)), settings, stopping))
        tasks.create_task(backbone.relay.run(stopping))
        tasks.create_task(
            Heartbeat([service.name for service in services], subscriptions, hands, backbone.log, backbone.engine).run(stopping)
        )
        for subscription in subscriptions:
            tasks.create_task(
                consume(
                    subscription,
                    backbone.log,
                    dead_letters=backbone.log,
                    attempts_max=settings.attempts_max,
                    stopping=stopping,
                    on_dead_letter=on_dead_letter,
                    hands=hands,
                )
            )
        for loop in (item for service in services for item in service.loops):
            tasks.create_task(loop(stopping))
        for task in (item for service in services for item in service.periodic_tasks):
            tasks.create_task(run_periodically(task, backbone.engine, stopping))
        on_ready()


def measures_of(backbone: Backbone, services: Sequence[Service]) -> dict[str, Measure]:
    """What is measured when somebody asks this process for its metrics."""
    needs = {name: check for service in services for name, check in service.needs.items()}
    subscriptions = [subscription for service in services for subscription in service.subscriptions]
    return {
        "connections": partial(measure_connections, backbone.engine),
        "servers": partial(measure_servers, needs),
        **{f"backlog of {subscription.group}": partial(measure_backlog, backbone.log, subscription) for subscription in subscriptions},
        **{name: measure for service in services for name, measure in service.measures.items()},
    }


async def keys_of(backbone: Backbone) -> Access:
    """Where nobody has a key yet, one is made, and shown on the terminal this once: not in the log, which is kept."""
    settings = backbone.settings
    find_token = None
    if settings.oidc_issuer:
        from backbone.http.oidc import tokens_of  # here: a process without an issuer needs no cryptography

        find_token = tokens_of(settings).find
    if settings.metrics_key:
        await make_metrics_key(backbone.engine, settings.metrics_key)
    if settings.first_key == NO_KEY:
        return open_access(backbone.engine, find_token)
    first_key = await make_first_key(backbone.engine, settings.first_key)
    if first_key is not None and not settings.first_key:
        sys.stderr.write(f"The first key, which may do everything and is shown this once: {first_key}\n")
        sys.stderr.flush()
    return open_access(backbone.engine, find_token)


async def fail_its_upload(backbone: Backbone, event: Event, error: BaseException) -> None:
    """An event that cannot be handled ends its upload: better FAILED with a reason than PROCESSING for ever. A removal that cannot be
    done is given up, so that the dataset's next uploads need not wait for it."""
    reason = reason_of(event.type, error)
    upload_id = event.data.get("upload_id")
    if upload_id is None:
        return
    async with transaction(backbone.engine) as connection:
        if event.type == UPLOAD_REMOVING:
            await give_up_removal(connection, backbone.rows, str(upload_id), reason)
        else:
            again = f" Once that is mended, `rowmill retry {upload_id}` loads it again from its stored file."
            await end_upload(connection, str(upload_id), "FAILED", structs.replace(reason, detail=reason.detail + again))
    backbone.relay.wake()


def reason_of(event_type: str, error: BaseException) -> UploadError:
    """As the upload's readers see it: what was foreseen in its own words, all else in ours."""
    if isinstance(error, Rejected):
        return UploadError(type=error.code, detail=error.detail)
    return internal_error(DOING.get(event_type, "worked on the file"))


def main(arguments: Sequence[str]) -> None:
    try:
        settings = read_settings(os.environ)
        start_logging(settings.log_level)
        asyncio.run(serve(settings, arguments))
    except (Rejected, Unavailable) as error:  # something that a person can act on: one sentence, no traceback
        sys.exit(error.detail)


if __name__ == "__main__":
    main(sys.argv[1:])
