"""What can be done with an upload: cancel, publish, discard, undo, rename, remove."""

from typing import Annotated

from litestar import Response, delete, patch, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Body, FromPath
from litestar.types import ControllerRouterHandler
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.outbox import Relay
from backbone.catalog.states import UploadState
from backbone.catalog.uploads import read_upload, rename_file, step
from backbone.errors import Conflict
from backbone.files.port import FileStore
from backbone.http.fetch_upload import fetch_upload
from backbone.http.upload_answer import Upload
from backbone.lifecycle.end_upload import end_upload
from backbone.lifecycle.publish import publish_version, undo_version
from backbone.lifecycle.remove import ask_removal, forget_upload
from backbone.postgres.engine import transaction
from backbone.rows.store import RowStore
from services.upload.file_name import check_file_name

ONE = "/api/uploads/{upload_id:str}"


class UploadChanges(Struct, frozen=True, forbid_unknown_fields=True):
    file_name: str


def upload_commands(engine: AsyncEngine, rows: RowStore, files: FileStore, relay: Relay) -> list[ControllerRouterHandler]:
    return [*_ending(engine, relay), *_publishing(engine, rows, relay), *_changing(engine, rows, files, relay)]


def _ending(engine: AsyncEngine, relay: Relay) -> list[ControllerRouterHandler]:
    @post(ONE + "/cancel", status_code=200, tags=["uploads"])
    async def cancel_upload(upload_id: FromPath[str]) -> Upload:
        """Stop an upload that is not complete yet. Readers never saw any of it, and its traces are removed."""
        return await _end(engine, relay, upload_id, "CANCELLED")

    @post(ONE + "/discard", status_code=200, tags=["uploads"])
    async def discard_upload(upload_id: FromPath[str]) -> Upload:
        """Give up a held upload. The dataset stays as it is."""
        return await _end(engine, relay, upload_id, "DISCARDED")

    return [cancel_upload, discard_upload]


async def _end(engine: AsyncEngine, relay: Relay, upload_id: str, state: UploadState) -> Upload:
    async with transaction(engine) as connection:
        await read_upload(connection, upload_id)
        if not await end_upload(connection, upload_id, state):
            await step(connection, upload_id, state)  # raises what stands in the way
    relay.wake()
    return await fetch_upload(engine, upload_id)


def _publishing(engine: AsyncEngine, rows: RowStore, relay: Relay) -> list[ControllerRouterHandler]:
    @post(ONE + "/publish", status_code=200, tags=["uploads"])
    async def publish_upload(upload_id: FromPath[str]) -> Upload:
        """Let readers see a held upload, all of it in one instant."""
        async with transaction(engine) as connection:
            upload = await read_upload(connection, upload_id, lock=True)
            if upload.state != "HELD":
                raise Conflict("wrong-state", f"Upload {upload_id} is {upload.state}; only a HELD one waits for this.", state=upload.state)
            await publish_version(connection, rows, upload)
        relay.wake()
        return await fetch_upload(engine, upload_id)

    @post(ONE + "/undo", status_code=200, tags=["uploads"])
    async def undo_upload(upload_id: FromPath[str]) -> Upload:
        """Take back the newest version: readers see the one before at once. DELETE takes out an upload that is not the newest."""
        async with transaction(engine) as connection:
            await undo_version(connection, await read_upload(connection, upload_id))
        relay.wake()
        return await fetch_upload(engine, upload_id)

    return [publish_upload, undo_upload]


def _changing(engine: AsyncEngine, rows: RowStore, files: FileStore, relay: Relay) -> list[ControllerRouterHandler]:
    @patch(ONE, tags=["uploads"])
    async def rename_upload(upload_id: FromPath[str], data: Annotated[UploadChanges, Body()]) -> Upload:
        """Give the file another name."""
        check_file_name(data.file_name)
        async with transaction(engine) as connection:
            await rename_file(connection, upload_id, data.file_name)
        return await fetch_upload(engine, upload_id)

    forgotten = ResponseSpec(data_container=None, description="Forgotten, with its file and its rejects.")

    @delete(ONE, status_code=202, responses={204: forgotten}, tags=["uploads"])
    async def delete_upload(upload_id: FromPath[str]) -> Response[Upload | None]:
        """Of a COMPLETE upload: takes it out of the dataset, as if it had never been there; 202, and UNDONE once that is so. Of one that has
        ended otherwise: forgets it, with its file and its rejects; 204."""
        async with transaction(engine) as connection:
            upload = await read_upload(connection, upload_id)
            if upload.state == "COMPLETE":
                await ask_removal(connection, rows, upload)
            else:
                await forget_upload(connection, upload)
        relay.wake()
        if upload.state == "COMPLETE":
            return Response(await fetch_upload(engine, upload_id), status_code=202)
        for key in filter(None, (upload.file_key, upload.reading_key)):
            await files.delete(key)
        return Response(None, status_code=204)

    return [rename_upload, delete_upload]
