"""Uploads in the catalog: made, read, and moved from state to state by guarded updates."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, RowMapping, Select, bindparam, false, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.audit import note_upload
from backbone.catalog.dataset_of_upload import DATASET_NAME
from backbone.catalog.schema import uploads
from backbone.catalog.states import UPLOAD_STEPS as STEPS
from backbone.catalog.states import UploadState, may_become
from backbone.catalog.webhook_news import tell_of_upload
from backbone.errors import Conflict, NotFound
from backbone.metrics import UPLOAD_STEPS, start_at_zero
from backbone.model import MERGING, Column, Dialect, Mode, Table
from backbone.postgres.named_update import CLOCK, NamedUpdate
from backbone.runtime.principal import asking


class UploadRecord(Struct, frozen=True, kw_only=True):
    """What the services need to know of an upload to work on it."""

    id: str
    dataset: str
    dataset_id: int | None
    file_name: str
    file_key: str
    reading_key: str | None
    mode: Mode
    key: tuple[str, ...]
    hold: bool
    state: UploadState
    version: int | None
    table_id: int | None
    first_chunk: int | None
    dialect: Dialect | None
    columns: tuple[Column, ...]
    records: int | None
    rows: int
    rejects: int
    indexed: int
    chunks_total: int
    chunks_loaded: int
    chunks_indexed: int
    inserted: int | None
    updated: int | None
    unchanged: int | None
    superseded: int | None
    copied_from: int | None
    merged_at: datetime | None
    removing_at: datetime | None
    options: dict[str, Any]  # what the user said about the file
    findings: dict[str, Any]  # by stage; `catalog.findings` reads them


start_at_zero(UPLOAD_STEPS, STEPS)

# What readers of an upload are given; its columns and its profile are megabytes of JSON in a wide file.
SHOWN: Final = (DATASET_NAME, *(column for column in uploads.c if column.name not in ("dataset", "columns", "profile")))
# What whoever works on it needs. A profile is asked for by name: each chunk would read it twice.
# All of these are made once: to name sixty columns takes longer than the rest of a statement.
SELECT_RECORD: Final = select(DATASET_NAME, *(uploads.c[name] for name in UploadRecord.__struct_fields__ if name != "dataset"))
_SELECT_SHOWN: Final = select(*SHOWN)
_SHOWN_BY_ID: Final = _SELECT_SHOWN.where(uploads.c.id == bindparam("upload_id"))
_RECORD_BY_ID: Final = SELECT_RECORD.where(uploads.c.id == bindparam("upload_id"))
_RECORD_LOCKED: Final = _RECORD_BY_ID.with_for_update(key_share=True)
_IS_IT: Final = uploads.c.id == bindparam("upload_id")
_UPDATE_PROCESSING: Final = NamedUpdate(uploads, _IS_IT, uploads.c.state == "PROCESSING", returning=SHOWN)
_INSERT: Final = insert(uploads)
# What changes while it is under way.
PROGRESS: Final = tuple(
    uploads.c[name] for name in ("state", "stage", "chunks_total", "chunks_loaded", "chunks_indexed", "rows", "rejects", "size_bytes")
)
_MOMENTS: Final = ("state", "created_at", "received_at", "started_at", "loaded_at", "merged_at", "indexed_at", "completed_at")
_MOMENTS_BY_ID: Final = select(*(uploads.c[name] for name in _MOMENTS)).where(uploads.c.id == bindparam("upload_id"))
_PROGRESS_BY_ID: Final = select(*PROGRESS).where(uploads.c.id == bindparam("upload_id"))


def kept_columns(upload: UploadRecord, table: Table) -> tuple[Column, ...]:
    """Columns that the file did not have, in which rows that it updated have kept their values. Uploads from before there
    was the option `missing` have emptied them."""
    if upload.mode not in ("upsert", "update") or upload.options.get("missing", "null") != "keep":
        return ()
    own = {column.name for column in upload.columns}
    return tuple(column for column in table.columns if column.name not in own)


def is_edit(upload: UploadRecord) -> bool:
    """Whether its file was made of rows that a program or a person has sent (`lifecycle/edit_rows.py`)."""
    return bool(upload.options.get("edit"))


def adds_columns(upload: UploadRecord) -> bool:
    """Whether those rows may bring columns that the dataset does not have: an enrichment's do."""
    return bool(upload.options.get("enrichment"))


def merges_rows(upload: UploadRecord) -> bool:
    """Whether which of its rows stay, and which older ones go, is known only when all of them are loaded."""
    return bool(upload.key) or upload.mode in MERGING


def changes_columns(upload: UploadRecord) -> bool:
    """Whether it brought no file of its own, but other types for columns (`lifecycle/change_columns.py`)."""
    return bool(upload.options.get("changes_columns"))


async def create_upload(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    await connection.execute(_INSERT, {"state": "RECEIVING", "owner": asking().id, **values})
    UPLOAD_STEPS.labels("RECEIVING").inc()


async def shown_row(connection: AsyncConnection, upload_id: str) -> RowMapping:
    """The row as far as its readers are given it. Raises `NotFound`."""
    return await _row(connection, _SHOWN_BY_ID, upload_id)


async def read_progress(connection: AsyncConnection, upload_id: str) -> tuple[Any, ...]:
    """The values of PROGRESS, for whoever watches. Raises `NotFound`."""
    return tuple((await _row(connection, _PROGRESS_BY_ID, upload_id)).values())


async def stage_moments(connection: AsyncConnection, upload_id: str) -> RowMapping:
    """When each of its stages ended, and its state. Raises `NotFound`."""
    return await _row(connection, _MOMENTS_BY_ID, upload_id)


async def _row(connection: AsyncConnection, query: Select[Any], upload_id: str) -> RowMapping:
    row: RowMapping | None = (await connection.execute(query, {"upload_id": upload_id})).mappings().first()
    if row is None:
        raise no_such_upload(upload_id)
    return row


def no_such_upload(upload_id: str) -> NotFound:
    return NotFound("no-such-upload", f"There is no upload {upload_id}. GET /api/uploads lists all there are.")


async def read_upload(connection: AsyncConnection, upload_id: str, *, lock: bool = False) -> UploadRecord:
    """Raises `NotFound`."""
    return to_record(await _row(connection, _RECORD_LOCKED if lock else _RECORD_BY_ID, upload_id))


async def processing_upload(connection: AsyncConnection, upload_id: str) -> UploadRecord | None:
    """None when the upload has ended, or is gone: whoever works on it has nothing more to do."""
    try:
        upload = await read_upload(connection, upload_id)
    except NotFound:
        return None
    return upload if upload.state == "PROCESSING" else None


def to_record(row: RowMapping) -> UploadRecord:
    values = {name: row[name] for name in UploadRecord.__struct_fields__}
    values["columns"] = row["columns"] or ()
    return msgspec.convert(values, UploadRecord)


async def step(
    connection: AsyncConnection, upload_id: str, state: UploadState, *, origin: UploadState | None = None, **values: Any
) -> None:
    """Moves an upload into `state` where the lifecycle allows it from the state it is in. Raises `Conflict`, `NotFound`.

    `origin` narrows it to one state to come from, where the lifecycle has several and the caller means one of them.
    """
    origins = may_become(state) if origin is None else tuple({origin} & set(may_become(state)))
    moved = await _update_from(origins).execute(connection, {"upload_id": upload_id}, {"state": state, **values})
    if moved.rowcount == 1:
        UPLOAD_STEPS.labels(state).inc()
        await tell_of_upload(connection, upload_id, state)
        return
    now = (await shown_row(connection, upload_id))["state"]
    raise Conflict("wrong-state", f"Upload {upload_id} is {now}, and from there it cannot become {state}.", state=now)


@cache  # one for each set of states that a state comes from
def _update_from(origins: tuple[UploadState, ...]) -> NamedUpdate:
    return NamedUpdate(uploads, _IS_IT, or_(false(), *(uploads.c.state == origin for origin in origins)))


async def add_counts(connection: AsyncConnection, upload_id: str, **counts: int) -> RowMapping | None:
    """Adds to counters of an upload that is PROCESSING and returns its row, as `shown_row`; None when it is not: then undo what you did.

    The row's lock makes parallel chunks take turns, so that exactly one of them sees the last count.
    """
    parameters = {"upload_id": upload_id, **{f"more_{name}": count for name, count in counts.items()}}
    row: RowMapping | None = (await _UPDATE_PROCESSING.execute(connection, parameters, _more(tuple(counts)))).mappings().first()
    return row


@cache  # of counters there are few
def _more(names: tuple[str, ...]) -> dict[str, ColumnElement[int]]:
    return {name: uploads.c[name] + bindparam(f"more_{name}") for name in names}


async def set_values(connection: AsyncConnection, upload_id: str, **values: Any) -> RowMapping | None:
    """Sets values of an upload that is PROCESSING and returns its row, as `shown_row`; None when it is not."""
    row: RowMapping | None = (await _UPDATE_PROCESSING.execute(connection, {"upload_id": upload_id}, values)).mappings().first()
    return row


async def mark_loaded(connection: AsyncConnection, upload_id: str) -> None:
    await set_values(connection, upload_id, loaded_at=CLOCK, stage="merging")


async def mark_merged(connection: AsyncConnection, upload_id: str) -> RowMapping | None:
    """As `set_values`."""
    return await set_values(connection, upload_id, merged_at=CLOCK, stage="indexing")


async def mark_ready(connection: AsyncConnection, upload_id: str) -> None:
    """Loaded, with nothing to be merged."""
    await set_values(connection, upload_id, loaded_at=CLOCK, merged_at=CLOCK, stage="indexing")


def all_stages_now() -> dict[str, Any]:
    """Values of an upload whose rows are loaded, merged and searchable in one step."""
    return dict.fromkeys(("loaded_at", "merged_at", "indexed_at"), CLOCK)


async def rename_file(connection: AsyncConnection, upload_id: str, file_name: str) -> None:
    """Raises `NotFound`."""
    await read_upload(connection, upload_id)
    await connection.execute(update(uploads).where(uploads.c.id == upload_id).values(file_name=file_name))
    await note_upload(connection, "upload.renamed", upload_id, file_name=file_name)
