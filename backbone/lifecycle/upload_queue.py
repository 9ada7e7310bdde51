"""The queue of a dataset: one upload at a time, the others wait as PENDING in the order in which they were received.

All of it happens under the lock of the dataset's row, in the transaction of whoever made room: the upload service when a file is
in, the indexer when an upload has ended. So there is no dispatcher that could die.
"""

from typing import Final

import msgspec
import structlog
from sqlalchemy import BigInteger, RowMapping, bindparam, case, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.datasets import lock_dataset
from backbone.catalog.findings import keep_findings
from backbone.catalog.outbox import emit, new_event
from backbone.catalog.same_file import loaded_already
from backbone.catalog.schema import datasets, uploads
from backbone.catalog.search_settings import change_settings, read_settings
from backbone.catalog.states import UNDER_WAY
from backbone.catalog.uploads import SELECT_RECORD, set_values, step, to_record
from backbone.catalog.versions import add_version
from backbone.errors import Outdated, Rejected
from backbone.eventlog import events
from backbone.findings import Finding, Stopped, Suggestion
from backbone.lifecycle.end_upload import UploadError, end_upload, internal_error, is_unclean
from backbone.lifecycle.target_table import find_target
from backbone.postgres.engine import is_passing
from backbone.postgres.named_update import CLOCK, NOW
from backbone.rows.store import RowStore

log = structlog.get_logger()


_OF_DATASET: Final = uploads.c.dataset_id == bindparam("dataset")
# Two questions, for each has an index that holds little else; and counted: one of them would be looked for among all that there ever were.
_UNDER_WAY: Final = select(func.count()).where(_OF_DATASET, uploads.c.state.in_(UNDER_WAY))
_UNCLEAN: Final = select(func.count()).where(_OF_DATASET, is_unclean())
_BUSY: Final = (_UNDER_WAY.scalar_subquery() + _UNCLEAN.scalar_subquery()).label("busy")
_REMOVAL: Final = select(uploads.c.id).where(_OF_DATASET, uploads.c.state == "COMPLETE", uploads.c.removing_at.is_not(None))
_WAITING: Final = select(uploads.c.id).where(_OF_DATASET, uploads.c.state == "PENDING")
_IS_BUSY: Final = select(_BUSY)
_NOW: Final = select(_BUSY).subquery()
_OLDEST: Final = _WAITING.order_by(uploads.c.received_at, uploads.c.id).limit(1).scalar_subquery()
_NEXT: Final = select(
    _NOW.c.busy,
    _REMOVAL.order_by(uploads.c.removing_at).limit(1).scalar_subquery().label("removal"),
    case((_NOW.c.busy == 0, _OLDEST)).label("waiting"),  # looked for among all that wait only where one may start
)
_TO_START: Final = SELECT_RECORD.add_columns(uploads.c.sha256, uploads.c.profile).where(
    uploads.c.id == bindparam("upload_id"), uploads.c.state == "PENDING"
)

_RESERVE: Final = (
    update(datasets)
    .where(datasets.c.id == bindparam("dataset"))
    .values(
        next_chunk=datasets.c.next_chunk + bindparam("count"),
        longest_row=func.greatest(datasets.c.longest_row, bindparam("longest", type_=BigInteger)),
    )
    .returning(datasets.c.next_chunk)
)


async def start_next(connection: AsyncConnection, rows: RowStore, dataset_id: int) -> None:
    """Starts the oldest waiting upload if nothing of this dataset is under way. Cheap and harmless to call too often."""
    dataset = await lock_dataset(connection, dataset_id)
    if dataset is not None:
        await start_next_of(connection, rows, dataset)


async def start_next_of(connection: AsyncConnection, rows: RowStore, dataset: RowMapping) -> str | None:
    """As `start_next`, for who has locked the dataset's row, and gives it as it is now. The id of the upload that it has started."""
    while True:
        following = (await connection.execute(_NEXT, {"dataset": dataset["id"]})).one()
        if following.busy:
            return None
        if following.removal is not None:
            # It goes before all that waits: what is loaded afterwards is loaded into the dataset without it.
            await emit(connection, new_event(events.UPLOAD_REMOVING, following.removal, upload_id=following.removal))
            return None
        if following.waiting is None or await _starts(connection, rows, dataset, following.waiting):
            return None if following.waiting is None else str(following.waiting)


async def _starts(connection: AsyncConnection, rows: RowStore, dataset: RowMapping, upload_id: str) -> bool:
    """False where it has ended instead, and the one behind it is next."""
    waiting = (await connection.execute(_TO_START, {"upload_id": upload_id})).mappings().first()
    if waiting is None:  # cancelled in this moment
        return False
    try:
        async with connection.begin_nested():
            # Asked now and not when the file came in: now all uploads before it have ended, and what they left is certain.
            same = await loaded_already(connection, dataset, waiting) if _may_be_needless(dataset, waiting) else None
            if await _is_needless(connection, waiting, same):
                return False
            await _start(connection, rows, dataset, waiting, _tell_again(waiting, same))
        return True
    except Exception as error:  # it cannot be loaded into this dataset; the one behind it perhaps can, and the one before it is done
        if is_passing(error):
            raise
        await _fail(connection, upload_id, error)
        return False


async def _fail(connection: AsyncConnection, upload_id: str, error: Exception) -> None:
    """The savepoint took back what it had begun, so it fails alone: whoever ended the upload before it commits all the same."""
    if isinstance(error, Stopped):
        await keep_findings(connection, upload_id, "start", [error.finding])
    if isinstance(error, Rejected):
        await end_upload(connection, upload_id, "FAILED", UploadError(type=error.code, detail=error.detail))
        return
    log.error("upload could not be started", upload_id=upload_id, exc_info=error)
    await end_upload(connection, upload_id, "FAILED", internal_error("made the dataset's table ready for the file"))


async def is_busy(connection: AsyncConnection, dataset_id: int) -> bool:
    """Under way, held, or ended with traces left: rows of a failed version N would show up in N+1 if that came before the cleaning."""
    return bool((await connection.execute(_IS_BUSY, {"dataset": dataset_id})).scalar_one())


def _may_be_needless(dataset: RowMapping, waiting: RowMapping) -> bool:
    """Whether anything is done or told of a file that was loaded before."""
    return bool(dataset["version"]) and (waiting["mode"] == "append" or waiting["options"].get("if_changed"))


async def _is_needless(connection: AsyncConnection, waiting: RowMapping, same: str | None) -> bool:
    if not waiting["options"].get("if_changed") or same is None:
        return False
    await step(connection, waiting["id"], "UNCHANGED", same_as=same, completed_at=CLOCK)
    return True


def _tell_again(waiting: RowMapping, same: str | None) -> list[Finding]:
    """The same file by `upsert` or `replace` leaves the dataset as it is; by `append` its rows are there twice."""
    if same is None or waiting["mode"] != "append" or waiting["options"].get("edit"):
        return []
    message = f"Upload {same} brought the same file, so its rows are in the dataset twice now. if_changed=true leaves such a file out."
    return [Finding(code="same-file-again", level="warning", message=message, suggest=Suggestion(option="if_changed", value="true"))]


async def _start(connection: AsyncConnection, rows: RowStore, dataset: RowMapping, waiting: RowMapping, findings: list[Finding]) -> None:
    upload = to_record(waiting)
    check_version(upload.options.get("version"), dataset)
    target = await find_target(connection, rows, dataset, upload, waiting["profile"] or [])
    if (language := upload.options.get("language")) is not None:
        await change_settings(connection, dataset["id"], read_settings(dataset["search"]), language=language)
    first_chunk = await _reserve_chunks(connection, dataset["id"], upload.chunks_total, target.longest_row)
    version = await add_version(connection, dataset["id"], target.table.id, upload.id)
    await step(
        connection,
        upload.id,
        "PROCESSING",
        stage="loading",
        version=version,
        table_id=target.table.id,
        copied_from=target.copied_from,
        columns=msgspec.to_builtins(target.columns),
        key=target.key,
        profile=target.profile,
        first_chunk=first_chunk,
        started_at=NOW,
    )
    if told := [*findings, *target.findings]:
        await keep_findings(connection, upload.id, "start", told)
    planned = [
        new_event(events.CHUNK_PLANNED, f"{upload.id}/{number}", upload_id=upload.id, chunk=number) for number in range(upload.chunks_total)
    ]
    await emit(connection, *planned)
    if not upload.chunks_total:  # a header only, by empty=true: nothing is to be loaded
        await set_values(connection, upload.id, loaded_at=CLOCK, stage="merging")
        await emit(connection, new_event(events.UPLOAD_LOADED, upload.id, upload_id=upload.id))


def check_version(wanted: int | None, dataset: RowMapping) -> None:
    """Raises `Outdated` where the rows of an upload are for another version than the dataset has; None: they are for any."""
    if wanted is None or wanted == dataset["version"]:
        return
    detail = f"Dataset {dataset['name']!r} is at version {dataset['version']}, not at {wanted}: somebody has changed it. Nothing was done."
    raise Outdated("version-moved", f"{detail} Read it again, and send what is right then.", version=dataset["version"])


async def _reserve_chunks(connection: AsyncConnection, dataset_id: int, count: int, longest_row: int) -> int:
    parameters = {"dataset": dataset_id, "count": count, "longest": longest_row}
    return int((await connection.execute(_RESERVE, parameters)).scalar_one()) - count
