"""The upload service over HTTP: receive files, tell what became of them, give back the original and the rejects."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote

import uuid_utils
from litestar import Request, Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import ServerSentEvent, Stream
from litestar.types import ControllerRouterHandler
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.chunks import has_rejects, list_rejects
from backbone.catalog.states import UploadState
from backbone.catalog.upload_list import list_uploads, place
from backbone.catalog.uploads import UploadRecord, read_progress, read_upload, shown_row
from backbone.errors import Conflict, Rejected
from backbone.files.port import FileStore
from backbone.http.fetch_upload import fetch_upload
from backbone.http.idempotency_key import read_key
from backbone.http.upload_answer import Upload, to_upload
from backbone.model import Dialect, Reject
from backbone.postgres.engine import as_of_one_moment, autocommit, transaction
from backbone.runtime.principal import asking
from backbone.runtime.signed_tokens import seal, unseal
from services.upload.api.describe import FileBody
from services.upload.api.progress import progress_events
from services.upload.api.rejects_csv import mendable, mendable_header
from services.upload.api.responses import RejectOut, Rejects, Uploads
from services.upload.receive.admission import receiving_limit, receiving_limit_per_key
from services.upload.receive.body import open_body
from services.upload.receive.pace import pace_of
from services.upload.receive.receive import Receiver

UPLOADS = "/api/uploads"
REJECTS_PER_READ = 1000


Limit = Annotated[int, QueryParameter(ge=1, le=1000, description="How many at most on one page.")]
Cursor = Annotated[str | None, QueryParameter(description="`next_cursor` of the page before.")]
SortBy = Literal["created", "-created", "name", "-name", "size", "-size", "state", "-state"]


def upload_routes(receiver: Receiver, cursor_key: bytes) -> list[ControllerRouterHandler]:
    engine, files = receiver.engine, receiver.files
    return [*_receiving(receiver), *_reading(engine, files, cursor_key), *_rejects(engine, cursor_key)]


def _receiving(receiver: Receiver) -> list[ControllerRouterHandler]:
    limit = receiving_limit(receiver.settings.receiving_max)
    own_limit = receiving_limit_per_key(receiver.settings.receiving_per_key_max)
    pace = pace_of(receiver.settings)

    @post(UPLOADS, status_code=202, request_max_body_size=None, operation_class=FileBody, reads_its_query=True, tags=["uploads"])
    async def create_upload(request: Request[Any, Any, Any]) -> Response[Upload]:
        """Send a file: as the raw body of any length (`curl --data-binary @products.csv`, or chunked), or as a multipart form with
        one file. Answers when the file is stored and scanned; its rows follow. `Location` tells where to watch it. With a header
        `Idempotency-Key` of your own, the same request may be sent again, and the file is loaded once."""
        upload_id = str(uuid_utils.uuid7())
        with limit.take(), own_limit.take():
            options, body = await open_body(request, pace, receiver.settings.file_bytes_max)
            try:
                upload = await receiver.receive(upload_id, options, body, read_key(request.headers))
            except Rejected as error:
                error.place = {"upload": f"{UPLOADS}/{upload_id}", **error.place}
                raise
        return Response(upload, headers={"Location": f"{UPLOADS}/{upload.id}"})

    return [create_upload]


def _reading(engine: AsyncEngine, files: FileStore, cursor_key: bytes) -> list[ControllerRouterHandler]:
    @get(UPLOADS, tags=["uploads"])
    async def get_uploads(
        dataset: Annotated[str | None, QueryParameter(description="Only uploads to this dataset.")] = None,
        upload_state: Annotated[UploadState | None, QueryParameter(name="state", description="Only uploads in this state.")] = None,
        sort: Annotated[SortBy, QueryParameter(description="`-` turns the order round.")] = "-created",
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Uploads:
        """All uploads, newest first."""
        bound = ["uploads by place", dataset, upload_state, sort]
        after = None if cursor is None else unseal(cursor_key, bound, cursor)
        async with as_of_one_moment(engine) as connection:
            rows = await list_uploads(
                connection,
                dataset=dataset,
                state=upload_state,
                sort=sort.removeprefix("-"),
                descending=sort.startswith("-"),
                limit=limit + 1,
                after=_after(sort, after),
                seen=asking().datasets,
            )
        now = datetime.now(UTC)
        page = [to_upload(row, now) for row in rows[:limit]]
        more = len(rows) > limit
        last = rows[limit - 1] if more else None
        return Uploads(page, seal(cursor_key, bound, place(last, sort.removeprefix("-"))) if last is not None else None)

    @get(UPLOADS + "/{upload_id:str}", tags=["uploads"])
    async def get_upload(upload_id: FromPath[str]) -> Upload:
        """One upload: its state, progress, counts, rate, balance and timings."""
        return await fetch_upload(engine, upload_id)

    @get(UPLOADS + "/{upload_id:str}/events", media_type="text/event-stream", tags=["uploads"])
    async def get_events(upload_id: FromPath[str]) -> ServerSentEvent:
        """Live progress as server-sent events: an `upload` event whenever something changed, until the upload has ended. When it ends
        before, connect again."""
        await fetch_upload(engine, upload_id)

        async def look() -> tuple[Any, ...]:
            async with autocommit(engine) as connection:
                return await read_progress(connection, upload_id)

        return ServerSentEvent(progress_events(look, lambda: fetch_upload(engine, upload_id)), headers={"Cache-Control": "no-store"})

    @get(UPLOADS + "/{upload_id:str}/file", media_type="application/octet-stream", tags=["uploads"])
    async def get_file(upload_id: FromPath[str]) -> Stream:
        """The original file, byte for byte."""
        async with autocommit(engine) as connection:
            row = await shown_row(connection, upload_id)
        if row["state"] == "UNCHANGED":
            raise Conflict(
                "no-file-kept", f"Upload {upload_id} brought the same file as {row['same_as']}, which has it.", same_as=row["same_as"]
            )
        if row["sha256"] is None or row["file_removed_at"] is not None:
            raise Conflict("no-file-kept", f"Upload {upload_id} is {row['state']}; no file was kept of it.", state=row["state"])
        headers = {"Content-Length": str(row["size_bytes"]), "Content-Disposition": _attachment(row["file_name"])}
        return Stream(files.stream(row["file_key"]), media_type="application/octet-stream", headers=headers)

    return [get_uploads, get_upload, get_events, get_file]


def _attachment(file_name: str) -> str:
    return f"attachment; filename*=UTF-8''{quote(file_name)}"


def _after(sort: str, position: list[Any] | None) -> list[Any] | None:
    """JSON has no times."""
    times = {"created": 0, "state": 1}
    if position is None or (at := times.get(sort.removeprefix("-"))) is None:
        return position
    return [datetime.fromisoformat(value) if index == at else value for index, value in enumerate(position)]


def _rejects(engine: AsyncEngine, cursor_key: bytes) -> list[ControllerRouterHandler]:
    @get(UPLOADS + "/{upload_id:str}/rejects", tags=["uploads"])
    async def get_rejects(upload_id: FromPath[str], limit: Limit = 50, cursor: Cursor = None) -> Rejects:
        """The records that could not be loaded, each with its raw text, its place in the file, and the reason."""
        bound = ["rejects", upload_id]
        after = 0 if cursor is None else unseal(cursor_key, bound, cursor)
        async with transaction(engine) as connection:
            upload = await shown_row(connection, upload_id)
            rows = await list_rejects(connection, upload_id, limit=limit, after_record=after)
            more = bool(rows) and await has_rejects(connection, upload_id, after_record=rows[-1]["record"])
        page = [RejectOut(row["record"], row["line"], row["reason"], row["detail"], row["raw"]) for row in rows]
        token = seal(cursor_key, bound, page[-1].record) if more else None
        return Rejects(upload_id, upload["rejects"], page, token)

    @get(UPLOADS + "/{upload_id:str}/rejects.csv", media_type="text/csv", tags=["uploads"])
    async def get_rejects_csv(
        upload_id: FromPath[str],
        safe: Annotated[
            bool,
            QueryParameter(description="For spreadsheets: an apostrophe before what would be taken for a formula. Mend the other one."),
        ] = False,
    ) -> Stream:
        """The rejects as CSV in the file's own columns, with `_record`, `_line` and `_reason` behind them. Mend them and upload the file
        again as it is: those three columns are recognised and left out."""
        async with transaction(engine) as connection:
            upload = await read_upload(connection, upload_id)
        headers = {"Content-Disposition": _attachment(f"{upload.file_name}.rejects.csv")}
        return Stream(_rejects_csv(engine, upload, safe), media_type="text/csv", headers=headers)

    return [get_rejects, get_rejects_csv]


async def _rejects_csv(engine: AsyncEngine, upload: UploadRecord, safe: bool) -> AsyncIterator[str]:
    yield mendable_header(upload.columns, safe=safe)
    after = 0
    while True:
        async with transaction(engine) as connection:
            rows = await list_rejects(connection, upload.id, limit=REJECTS_PER_READ, after_record=after)
        if not rows:
            return
        rejects = [Reject(**{name: row[name] for name in Reject.__struct_fields__}) for row in rows]
        yield mendable(rejects, upload.columns, upload.dialect or Dialect(), safe=safe)
        after = rows[-1]["record"]
