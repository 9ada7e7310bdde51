"""Sources over HTTP: made, listed, changed, removed, run, paused, resumed; what their runs brought."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, cast

from litestar import Response, delete, get, patch, post
from litestar.params import Body, FromPath, QueryParameter
from litestar.types import ControllerRouterHandler
from msgspec import UNSET, Meta, Struct, UnsetType
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from backbone.catalog.dataset_names import check_dataset_name
from backbone.catalog.datasets import no_such_dataset
from backbone.catalog.source_fetches import find_run, last_runs, list_runs, uploads_of
from backbone.catalog.source_runs import plan_next, request_run
from backbone.catalog.sources import (
    SourceRecord,
    forget_marks,
    keep_changes,
    keep_source,
    list_sources,
    note_change,
    read_source,
    remove_source,
)
from backbone.errors import BadRequest, NotFound
from backbone.http.access import NotAllowed
from backbone.postgres.engine import transaction
from backbone.runtime.principal import asking
from backbone.runtime.schedules import check_schedule
from backbone.runtime.sealed_secrets import SealedSecrets
from backbone.runtime.signed_tokens import seal, unseal
from services.upload.api.upload_routes import Cursor, Limit
from services.upload.options import read_options
from services.upload.sources.place import Place
from services.upload.sources.responses import UPLOADS_SHOWN, Run, Runs, Source, Sources, to_out, to_run
from services.upload.sources.settings import Kind, Secret, read_secret

SOURCES = "/api/sources"
ONE = SOURCES + "/{source:str}"
JITTER_S_MAX = 24 * 3600
CheckPlace = Callable[[Kind, Mapping[str, Any], Secret], Place]
Schedule = Annotated[str, Meta(max_length=200, description="A cron expression of five fields, or `@daily`; empty: only when told to.")]
Zone = Annotated[str, Meta(max_length=60, description="The IANA time zone of the schedule.", examples=["Europe/Berlin"])]
Jitter = Annotated[int, Meta(ge=0, le=JITTER_S_MAX, description="Seconds up to which a run begins later, by chance.")]
Options = Annotated[dict[str, str], Meta(max_length=100, description="Upload options, as in the URL of `POST /api/uploads`.")]
Settings = Annotated[
    dict[str, Any], Meta(description="Of the place, by kind: docs/sources.md.", examples=[{"url": "https://example.org/prices.csv"}])
]
Again = Annotated[bool, QueryParameter(description="Also what has not changed.")]
SecretIn = Annotated[dict[str, Any], Meta(description="`token`, or `user` and `password`, or `headers`. Kept encrypted, never shown.")]


class NewSource(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9_-]{0,59}$", examples=["nightly-prices"])]
    kind: Kind
    dataset: Annotated[str, Meta(min_length=1, max_length=60, examples=["prices"])]
    settings: Settings
    secret: SecretIn | None = None
    options: Options = {}
    schedule: Schedule = ""
    time_zone: Zone = "UTC"
    jitter_s: Jitter = 0


class SourceChanges(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is not given stays. `secret: null` removes it."""

    dataset: Annotated[str, Meta(min_length=1, max_length=60)] | UnsetType = UNSET
    settings: Settings | UnsetType = UNSET
    secret: SecretIn | UnsetType | None = UNSET
    options: Options | UnsetType = UNSET
    schedule: Schedule | UnsetType = UNSET
    time_zone: Zone | UnsetType = UNSET
    jitter_s: Jitter | UnsetType = UNSET


def source_routes(
    engine: AsyncEngine, cursor_key: bytes, sealed: SealedSecrets, check_place: CheckPlace, wake: Callable[[], None]
) -> list[ControllerRouterHandler]:
    return [
        *_making(engine, sealed, check_place),
        *_reading(engine, cursor_key),
        *_acting(engine, wake),
    ]


def _making(engine: AsyncEngine, sealed: SealedSecrets, check_place: CheckPlace) -> list[ControllerRouterHandler]:
    @post(SOURCES, tags=["sources"])
    async def create_source(data: Annotated[NewSource, Body()]) -> Response[Source]:
        """Make a source: a URL, objects of S3, a query on a database, a JSON API or a folder, fetched by a schedule or when told to. Each file that it
        brings is an ordinary upload to its dataset, with its options."""
        secret = read_secret(data.secret or {})
        check_source(data, secret, check_place)
        values = {name: getattr(data, name) for name in NewSource.__struct_fields__ if name != "secret"}
        async with transaction(engine) as connection:
            source = await keep_source(connection, {**values, "secret": sealed.seal(data.secret) if data.secret else None})
            await plan_next(connection, source)
            made = await _out(connection, data.name)
        return Response(made, status_code=201, headers={"Location": f"{SOURCES}/{data.name}"})

    @patch(ONE, tags=["sources"])
    async def change_source(source: FromPath[str], data: Annotated[SourceChanges, Body()]) -> Source:
        """Change a source. What it delivered already is fetched once more where its settings or its dataset are others now."""
        changes = {name: value for name in SourceChanges.__struct_fields__ if (value := getattr(data, name)) is not UNSET}
        async with transaction(engine) as connection:
            before = await read_source(connection, source, lock=True)
            after = {name: changes.get(name, getattr(before, name)) for name in ("settings", "dataset", "options", "schedule", "time_zone")}
            secret = read_secret((changes["secret"] or {}) if "secret" in changes else sealed.unseal(before.secret))
            if before.secret is not None and "secret" not in changes and after["settings"] != before.settings:
                detail = "The secret was given for another place. With other settings, give it again, or null to leave it out."
                raise BadRequest("secret-needed", detail)
            check_source(NewSource(name=before.name, kind=cast("Kind", before.kind), **after), secret, check_place)
            if "secret" in changes:
                changes["secret"] = sealed.seal(changes["secret"]) if changes["secret"] else None
            if changes:
                changed = await keep_changes(connection, before, changes, ", ".join(sorted(changes)))
                if (after["settings"], after["dataset"]) != (before.settings, before.dataset):
                    await forget_marks(connection, before.id)
                if changes.keys() & {"schedule", "time_zone", "jitter_s"}:
                    await plan_next(connection, changed)
            return await _out(connection, source)

    @delete(ONE, status_code=204, tags=["sources"])
    async def delete_source(source: FromPath[str]) -> None:
        """Remove a source and its history. What it brought stays; a run that is under way ends."""
        async with transaction(engine) as connection:
            await remove_source(connection, await read_source(connection, source, lock=True))

    return [create_source, change_source, delete_source]


def check_source(wanted: NewSource, secret: Secret, check_place: CheckPlace) -> None:
    """Raises `BadRequest`, `Rejected`, `NotFound` for a dataset that is not for whoever asks."""
    if not asking().may("upload"):  # the table of routes asks for manage
        raise NotAllowed("not-allowed", "A source makes uploads: whoever makes or changes one needs the scope upload, too.")
    check_dataset_name(wanted.dataset)
    if not asking().sees(wanted.dataset):
        raise no_such_dataset(wanted.dataset)
    if "dataset" in wanted.options:
        raise BadRequest("bad-option", "The dataset is not among the options: a source has one, beside them.")
    read_options({"file_name": "fetched.csv", **wanted.options, "dataset": wanted.dataset})
    check_schedule(wanted.schedule or "@daily", wanted.time_zone)
    check_place(wanted.kind, wanted.settings, secret)


def _reading(engine: AsyncEngine, cursor_key: bytes) -> list[ControllerRouterHandler]:
    @get(SOURCES, tags=["sources"])
    async def get_sources(limit: Limit = 50, cursor: Cursor = None) -> Sources:
        """All sources, by name, each with its last run."""
        after = "" if cursor is None else str(unseal(cursor_key, ["sources"], cursor))
        async with transaction(engine) as connection:
            found = await list_sources(connection, limit + 1, after)
            shown = await _with_last_runs(connection, found[:limit])
        return Sources(shown, seal(cursor_key, ["sources"], shown[-1].name) if len(found) > limit else None)

    @get(ONE, tags=["sources"])
    async def get_source(source: FromPath[str]) -> Source:
        """One source: where it fetches from, when it does next, and its last run. Not its secret."""
        async with transaction(engine) as connection:
            return await _out(connection, source)

    @get(ONE + "/runs", tags=["sources"])
    async def get_runs(source: FromPath[str], limit: Limit = 50, cursor: Cursor = None) -> Runs:
        """Its last 200 runs, the newest first: what each brought, or why it failed."""
        bound = ["source-runs", source]
        before = None if cursor is None else str(unseal(cursor_key, bound, cursor))
        async with transaction(engine) as connection:
            record = await read_source(connection, source)
            rows = await list_runs(connection, record.id, limit + 1, before)
            brought = await uploads_of(connection, [row["id"] for row in rows[:limit]], UPLOADS_SHOWN)
        runs = [to_run(row, source, brought[row["id"]]) for row in rows[:limit]]
        return Runs(runs, seal(cursor_key, bound, runs[-1].id) if len(rows) > limit else None)

    @get(ONE + "/runs/{run_id:str}", tags=["sources"])
    async def get_run(source: FromPath[str], run_id: FromPath[str]) -> Run:
        """One run."""
        async with transaction(engine) as connection:
            return await _run(connection, await read_source(connection, source), run_id)

    return [get_sources, get_source, get_runs, get_run]


def _acting(engine: AsyncEngine, wake: Callable[[], None]) -> list[ControllerRouterHandler]:
    @post(ONE + "/run", status_code=202, tags=["sources"])
    async def run_source(source: FromPath[str], again: Again = False) -> Response[Run]:
        """Fetch now, paused or not. Where a run waits already, it does for both; where one is under way, this one comes behind it. `Location` tells
        where to watch it."""
        async with transaction(engine) as connection:
            record = await read_source(connection, source)
            run_id = await request_run(connection, record.id, {"cause": "request", "again": again})
            await note_change(connection, record, "run")
            run = await _run(connection, record, run_id)
        wake()
        return Response(run, headers={"Location": f"{SOURCES}/{source}/runs/{run_id}"})

    @post(ONE + "/pause", status_code=200, tags=["sources"])
    async def pause_source(source: FromPath[str]) -> Source:
        """Let the schedule rest. A run that is under way goes on, and it can be run by hand."""
        return await _set_paused(engine, source, paused=True)

    @post(ONE + "/resume", status_code=200, tags=["sources"])
    async def resume_source(source: FromPath[str]) -> Source:
        """Go on by the schedule, from now: times that passed meanwhile are not made up."""
        return await _set_paused(engine, source, paused=False)

    return [run_source, pause_source, resume_source]


async def _set_paused(engine: AsyncEngine, name: str, *, paused: bool) -> Source:
    async with transaction(engine) as connection:
        before = await read_source(connection, name, lock=True)
        if before.paused != paused:
            await keep_changes(connection, before, {"paused": paused}, "paused" if paused else "resumed")
            await plan_next(connection, before)
        return await _out(connection, name)


async def _out(connection: AsyncConnection, name: str) -> Source:
    (shown,) = await _with_last_runs(connection, [await read_source(connection, name)])
    return shown


async def _with_last_runs(connection: AsyncConnection, found: Sequence[SourceRecord]) -> list[Source]:
    runs = await last_runs(connection, [source.id for source in found])
    brought = await uploads_of(connection, [run["id"] for run in runs.values()], UPLOADS_SHOWN)
    return [
        to_out(source, None if (run := runs.get(source.id)) is None else to_run(run, source.name, brought[run["id"]])) for source in found
    ]


async def _run(connection: AsyncConnection, source: SourceRecord, run_id: str) -> Run:
    """Raises `NotFound`."""
    row = await find_run(connection, source.id, run_id)
    if row is None:
        raise NotFound("no-such-run", f"There is no run {run_id[:60]!r} of source {source.name}; the last 200 are kept.")
    brought = await uploads_of(connection, [run_id], UPLOADS_SHOWN)
    return to_run(row, source.name, brought[run_id])
