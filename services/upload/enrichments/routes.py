"""Enrichments over HTTP: made, listed, changed, removed, tried on ten rows, run; what their runs came to."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.params import Body, FromPath
from litestar.types import ControllerRouterHandler
from msgspec import UNSET, Meta, Struct, UnsetType
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from backbone.catalog.dataset_names import check_dataset_name
from backbone.catalog.datasets import no_such_dataset
from backbone.catalog.enrichment_values import forget_values
from backbone.catalog.source_fetches import find_run, last_runs, list_runs, uploads_of
from backbone.catalog.source_runs import plan_next, request_run
from backbone.catalog.sources import SourceRecord, keep_changes, keep_source, list_sources, note_change, read_source, remove_source
from backbone.errors import BadRequest, NotFound
from backbone.http.access import NotAllowed
from backbone.postgres.engine import transaction
from backbone.runtime.principal import asking
from backbone.runtime.schedules import check_schedule
from backbone.runtime.sealed_secrets import SealedSecrets
from backbone.runtime.signed_tokens import seal, unseal
from services.upload.api.upload_routes import Cursor, Limit
from services.upload.enrichments.responses import (
    Enrichment,
    EnrichmentPreview,
    EnrichmentRun,
    EnrichmentRuns,
    Enrichments,
    to_enrichment,
    to_enrichment_run,
)
from services.upload.enrichments.settings import Definition, EnrichmentKind, define, read_definition, read_place
from services.upload.sources.responses import UPLOADS_SHOWN
from services.upload.sources.routes import Again, Schedule, SecretIn, Zone
from services.upload.sources.settings import Secret, read_secret

ENRICHMENTS = "/api/enrichments"
ONE = ENRICHMENTS + "/{enrichment:str}"
TRIED = "/api/enrichment-previews"  # not below the others, where it would be a name
Preview = Callable[[str, str, Definition, Secret], Awaitable[EnrichmentPreview]]  # of a kind, for a dataset
Dataset = Annotated[str, Meta(min_length=1, max_length=60, examples=["orders"])]
ColumnIn = Annotated[
    str, Meta(min_length=1, max_length=1024, description="Title or name of the column that is looked up.", examples=["country"])
]
Fields = Annotated[
    dict[str, str],
    Meta(
        min_length=1,
        max_length=100,
        description="Fields of a record, and the titles of the columns that they become.",
        examples=[{"name.common": "Country name"}],
    ),
]
PlaceIn = Annotated[
    dict[str, Any],
    Meta(description="Of the API, by kind: docs/enrichment.md.", examples=[{"url": "https://api.example/countries/{value}"}]),
]
OnUpload = Annotated[bool, Meta(description="After each publish of the dataset, for rows that have nothing of it yet.")]
OnWarning = Annotated[
    Literal["publish", "hold"], Meta(description="`hold`: where a look-up failed, its upload stops before readers see it.")
]


class _Wanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9_-]{0,59}$", examples=["country-names"])]
    kind: EnrichmentKind
    dataset: Dataset
    column: ColumnIn
    fields: Fields
    settings: PlaceIn
    on_upload: OnUpload = False
    on_warning: OnWarning = "publish"
    schedule: Schedule = ""
    time_zone: Zone = "UTC"


class NewEnrichment(_Wanted, frozen=True, kw_only=True, forbid_unknown_fields=True):
    secret: SecretIn | None = None


class TriedEnrichment(_Wanted, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One that is not there yet, or would be changed to this. Without `secret`: that of the enrichment of this name."""

    secret: SecretIn | UnsetType | None = UNSET


class EnrichmentChanges(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is not given stays. `secret: null` removes it."""

    column: ColumnIn | UnsetType = UNSET
    fields: Fields | UnsetType = UNSET
    settings: PlaceIn | UnsetType = UNSET
    secret: SecretIn | UnsetType | None = UNSET
    on_upload: OnUpload | UnsetType = UNSET
    on_warning: OnWarning | UnsetType = UNSET
    schedule: Schedule | UnsetType = UNSET
    time_zone: Zone | UnsetType = UNSET


def enrichment_routes(
    engine: AsyncEngine, cursor_key: bytes, sealed: SealedSecrets, preview: Preview, wake: Callable[[], None]
) -> list[ControllerRouterHandler]:
    return [*_making(engine, sealed), *_reading(engine, cursor_key), *_acting(engine, sealed, preview, wake)]


def _making(engine: AsyncEngine, sealed: SealedSecrets) -> list[ControllerRouterHandler]:
    @post(ENRICHMENTS, tags=["enrichments"])
    async def create_enrichment(data: Annotated[NewEnrichment, Body()]) -> Response[Enrichment]:
        """Make an enrichment: a column of a dataset is looked up in a remote API, and fields of the answers become columns. Each run is an ordinary
        upload."""
        read_secret(data.secret or {})
        check_dataset_name(data.dataset)
        values = {name: getattr(data, name) for name in ("name", "kind", "dataset", "on_upload", "schedule", "time_zone")}
        kept = {"settings": _settings(data), "options": {"on_warning": data.on_warning}}
        async with transaction(engine) as connection:
            secret = sealed.seal(data.secret) if data.secret else None
            await plan_next(connection, await keep_source(connection, {**values, **kept, "secret": secret}))
            made = await _out(connection, data.name)
        return Response(made, status_code=201, headers={"Location": f"{ENRICHMENTS}/{data.name}"})

    @patch(ONE, tags=["enrichments"])
    async def change_enrichment(enrichment: FromPath[str], data: Annotated[EnrichmentChanges, Body()]) -> Enrichment:
        """Change an enrichment. Answers to its look-ups are forgotten where its settings or its fields are others now."""
        changes = {name: value for name in EnrichmentChanges.__struct_fields__ if (value := getattr(data, name)) is not UNSET}
        async with transaction(engine) as connection:
            before = await read_source(connection, enrichment, lock=True, noun="enrichment")
            after = _changed(before, changes)
            values = {name: getattr(after, name) for name in ("on_upload", "schedule", "time_zone")}
            values |= {"settings": _settings(after), "options": {"on_warning": after.on_warning}}
            place_before = read_definition(before.settings).place
            if before.secret is not None and "secret" not in changes and values["settings"]["place"] != place_before:
                raise _other_place()
            if "secret" in changes:
                read_secret(changes["secret"] or {})
                values["secret"] = sealed.seal(changes["secret"]) if changes["secret"] else None
            changed = await keep_changes(connection, before, values, ", ".join(sorted(changes)))
            if values["settings"] != before.settings:
                await forget_values(connection, before.id)
            if changes.keys() & {"schedule", "time_zone"}:
                await plan_next(connection, changed)
            return await _out(connection, enrichment)

    @delete(ONE, status_code=204, tags=["enrichments"])
    async def delete_enrichment(enrichment: FromPath[str]) -> None:
        """Remove an enrichment, its history and what it was answered. Its columns stay; a run that is under way ends."""
        async with transaction(engine) as connection:
            await remove_source(connection, await read_source(connection, enrichment, lock=True, noun="enrichment"))

    return [create_enrichment, change_enrichment, delete_enrichment]


def _settings(wanted: _Wanted) -> dict[str, Any]:
    """As they are kept. Raises `BadRequest`, `Refused`, `NotFound` for a dataset that is not for whoever asks."""
    if not (asking().may("upload") and asking().may("read")):  # the table of routes asks for manage
        detail = "An enrichment sends values to another server, and makes uploads: whoever makes or changes one needs the scopes read and upload, too."
        raise NotAllowed("not-allowed", detail)
    if not asking().sees(wanted.dataset):
        raise no_such_dataset(wanted.dataset)
    read_place(wanted.kind, wanted.settings)
    check_schedule(wanted.schedule or "@daily", wanted.time_zone)
    return dict(msgspec.to_builtins(define(wanted.column, wanted.fields, wanted.settings)))


def _changed(before: SourceRecord, changes: Mapping[str, Any]) -> NewEnrichment:
    shown = to_enrichment(before, None)
    kept = {name: getattr(shown, name) for name in NewEnrichment.__struct_fields__ if name != "secret"}
    return NewEnrichment(**{**kept, **{name: value for name, value in changes.items() if name != "secret"}})


def _other_place() -> BadRequest:
    return BadRequest(
        "secret-needed", "The secret was given for another place. With other settings, give it again, or null to leave it out."
    )


def _reading(engine: AsyncEngine, cursor_key: bytes) -> list[ControllerRouterHandler]:
    @get(ENRICHMENTS, tags=["enrichments"])
    async def get_enrichments(limit: Limit = 50, cursor: Cursor = None) -> Enrichments:
        """All enrichments, by name, each with its last run."""
        after = "" if cursor is None else str(unseal(cursor_key, ["enrichments"], cursor))
        async with transaction(engine) as connection:
            listed = await list_sources(connection, limit + 1, after, "enrichment")
            shown = await _with_last_runs(connection, *listed[:limit])
        return Enrichments(shown, seal(cursor_key, ["enrichments"], shown[-1].name) if len(listed) > limit else None)

    @get(ONE, tags=["enrichments"])
    async def get_enrichment(enrichment: FromPath[str]) -> Enrichment:
        """One enrichment, and its last run. Not its secret."""
        async with transaction(engine) as connection:
            return await _out(connection, enrichment)

    @get(ONE + "/runs", tags=["enrichments"])
    async def get_enrichment_runs(enrichment: FromPath[str], limit: Limit = 50, cursor: Cursor = None) -> EnrichmentRuns:
        """Its last 200 runs, the newest first: how many values were found, are missing or failed, and why."""
        bound = ["enrichment-runs", enrichment]
        before = None if cursor is None else str(unseal(cursor_key, bound, cursor))
        async with transaction(engine) as connection:
            record = await read_source(connection, enrichment, noun="enrichment")
            rows = await list_runs(connection, record.id, limit + 1, before)
            brought = await uploads_of(connection, [row["id"] for row in rows[:limit]], UPLOADS_SHOWN)
        runs = [to_enrichment_run(row, enrichment, brought[row["id"]]) for row in rows[:limit]]
        return EnrichmentRuns(runs, seal(cursor_key, bound, runs[-1].id) if len(rows) > limit else None)

    @get(ONE + "/runs/{run_id:str}", tags=["enrichments"])
    async def get_enrichment_run(enrichment: FromPath[str], run_id: FromPath[str]) -> EnrichmentRun:
        """One run."""
        async with transaction(engine) as connection:
            return await _run(connection, await read_source(connection, enrichment, noun="enrichment"), run_id)

    return [get_enrichments, get_enrichment, get_enrichment_runs, get_enrichment_run]


def _acting(engine: AsyncEngine, sealed: SealedSecrets, preview: Preview, wake: Callable[[], None]) -> list[ControllerRouterHandler]:
    @post(ONE + "/run", status_code=202, tags=["enrichments"])
    async def run_enrichment(enrichment: FromPath[str], again: Again = False) -> Response[EnrichmentRun]:
        """Run it now, over all rows. Answers that are not too old are not asked for again, unless `again` says so. Where a run waits already, it does
        for both; where one is under way, this one comes behind it."""
        async with transaction(engine) as connection:
            record = await read_source(connection, enrichment, noun="enrichment")
            run_id = await request_run(connection, record.id, {"cause": "request", "again": again})
            await note_change(connection, record, "run")
            run = await _run(connection, record, run_id)
        wake()
        return Response(run, headers={"Location": f"{ENRICHMENTS}/{enrichment}/runs/{run_id}"})

    @post(ONE + "/preview", status_code=200, tags=["enrichments"])
    async def preview_enrichment(enrichment: FromPath[str]) -> EnrichmentPreview:
        """Ask for the values of the first ten rows, and show what a run would write. Nothing is kept."""
        async with transaction(engine) as connection:
            record = await read_source(connection, enrichment, noun="enrichment")
        if not asking().may("read"):  # it shows values
            raise NotAllowed("not-allowed", "A preview shows values of rows: it needs the scope read, too.")
        secret = read_secret(sealed.unseal(record.secret))
        return await preview(record.kind, record.dataset, read_definition(record.settings), secret)

    @post(TRIED, status_code=200, tags=["enrichments"])
    async def preview_unsaved_enrichment(data: Annotated[TriedEnrichment, Body()]) -> EnrichmentPreview:
        """Ask for the values of the first ten rows as an enrichment would that is not made yet, or not changed yet, and show what a run would write.
        Nothing is kept."""
        settings = _settings(data)
        secret = data.secret or {} if data.secret is not UNSET else await _kept_secret(engine, sealed, data, settings)
        return await preview(data.kind, data.dataset, read_definition(settings), read_secret(secret))

    return [run_enrichment, preview_enrichment, preview_unsaved_enrichment]


async def _kept_secret(engine: AsyncEngine, sealed: SealedSecrets, tried: TriedEnrichment, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Of the enrichment of that name, if there is one. Raises `BadRequest` where it was given for another place."""
    async with transaction(engine) as connection:
        try:
            kept = await read_source(connection, tried.name, noun="enrichment")
        except NotFound:
            return {}
    if kept.secret is not None and (kept.kind, read_definition(kept.settings).place) != (tried.kind, settings["place"]):
        raise _other_place()
    return dict(sealed.unseal(kept.secret) or {})


async def _out(connection: AsyncConnection, name: str) -> Enrichment:
    (shown,) = await _with_last_runs(connection, await read_source(connection, name, noun="enrichment"))
    return shown


async def _with_last_runs(connection: AsyncConnection, *listed: SourceRecord) -> list[Enrichment]:
    runs = await last_runs(connection, [one.id for one in listed])
    brought = await uploads_of(connection, [run["id"] for run in runs.values()], UPLOADS_SHOWN)
    last = {source_id: (row, brought[row["id"]]) for source_id, row in runs.items()}
    return [to_enrichment(one, to_enrichment_run(last[one.id][0], one.name, last[one.id][1]) if one.id in last else None) for one in listed]


async def _run(connection: AsyncConnection, source: SourceRecord, run_id: str) -> EnrichmentRun:
    """Raises `NotFound`."""
    row = await find_run(connection, source.id, run_id)
    if row is None:
        raise NotFound("no-such-run", f"There is no run {run_id[:60]!r} of enrichment {source.name}; the last 200 are kept.")
    return to_enrichment_run(row, source.name, (await uploads_of(connection, [run_id], UPLOADS_SHOWN))[run_id])
