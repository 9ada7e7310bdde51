"""A failed upload is loaded again from its stored file, once what it failed of is mended."""

import asyncio
import secrets
from typing import Any

import httpx
from sqlalchemy import text

from backbone.catalog.outbox import emit, new_event
from backbone.eventlog import events
from backbone.postgres.engine import make_engine, transaction
from backbone.settings import read_settings
from backbone.wiring import postgres_url
from tests.flows.pods import Rowmill, wait_for

FILE = b"n,text\n" + b"".join(b'%d,"line\n%d"\n' % (number, number) for number in range(20_000)) + b"x,y,z,too many\n"


def on_its_database(rowmill: Rowmill, *statements: str) -> None:
    async def run() -> None:
        engine = make_engine(postgres_url(read_settings(rowmill.environment)), 1)
        async with transaction(engine) as connection:
            for statement in statements:
                await connection.execute(text(statement))
        await engine.dispose()

    asyncio.run(run())


def emit_again(rowmill: Rowmill, upload: dict[str, Any]) -> None:
    """What a log that delivers late and twice would bring of the first try."""

    async def run() -> None:
        engine = make_engine(postgres_url(read_settings(rowmill.environment)), 1)
        about = {"upload_id": upload["id"]}
        async with transaction(engine) as connection:
            for type in (events.UPLOAD_ENDED, events.UPLOAD_INDEXED, events.UPLOAD_LOADED):
                await emit(connection, new_event(type, upload["id"], **about))
            for chunk in range(upload["chunks"]["total"]):
                for type in (events.CHUNK_LOADED, events.CHUNK_PLANNED):
                    await emit(connection, new_event(type, f"{upload['id']}/{chunk}", **about, chunk=chunk))
        await engine.dispose()

    asyncio.run(run())


def retry(rowmill: Rowmill, upload: dict[str, Any]) -> httpx.Response:
    with rowmill.uploads as http:
        return http.post(f"/api/uploads/{upload['id']}/retry")


def fails_once(rowmill: Rowmill, dataset: str) -> dict[str, Any]:
    """An upload into a dataset whose table refuses rows for a while."""
    rowmill.load(b"n,text\n0,first\n", dataset=dataset)
    table = _table_of(rowmill, dataset)
    on_its_database(rowmill, f"ALTER TABLE {table} ADD CONSTRAINT not_now CHECK (_from < 2)")
    failed = rowmill.wait(rowmill.upload(FILE, dataset=dataset))
    assert failed["state"] == "FAILED"
    on_its_database(rowmill, f"ALTER TABLE {table} DROP CONSTRAINT not_now")
    return failed


def _table_of(rowmill: Rowmill, dataset: str) -> str:
    async def run() -> str:
        engine = make_engine(postgres_url(read_settings(rowmill.environment)), 1)
        query = "SELECT 'rows_' || t.id FROM row_tables t JOIN datasets d ON d.id = t.dataset_id WHERE d.name = :name"
        async with transaction(engine) as connection:
            name = (await connection.execute(text(query), {"name": dataset})).scalar_one()
        await engine.dispose()
        return str(name)

    return asyncio.run(run())


def test_a_failed_upload_is_loaded_again(rowmill: Rowmill) -> None:
    dataset = f"retry-{secrets.token_hex(4)}"
    failed = fails_once(rowmill, dataset)
    assert "retry" in failed["error"]["detail"]
    answer = retry(rowmill, failed)
    assert answer.status_code == 202
    assert answer.json()["error"] is None
    emit_again(rowmill, failed)
    done = rowmill.wait(failed)
    assert (done["state"], done["records"], done["rows"], done["rejects"]) == ("COMPLETE", 20_001, 20_000, 1)
    assert done["indexed"] == 20_000
    assert rowmill.rows(dataset)["total"] == {"value": 20_001, "relation": "eq"} or rowmill.rows(dataset)["total"]["value"] == 10_000
    emit_again(rowmill, done)
    after = rowmill.load(b"n,text\n7,last\n", dataset=dataset)
    assert after["balance"]["visible_rows"] == 20_002
    assert rowmill.wait(done)["state"] == "COMPLETE"


def test_only_what_failed_with_its_file_whole_may_be_tried_again(rowmill: Rowmill) -> None:
    dataset = f"retry-{secrets.token_hex(4)}"
    done = rowmill.load(b"n\n1\n", dataset=dataset)
    refused = retry(rowmill, done)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:rowmill:problem:wrong-state")
    with rowmill.uploads as http:
        empty = http.post("/api/uploads", params={"dataset": dataset}, content=b"").json()["upload"]
        refused = http.post(f"{empty}/retry")
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:rowmill:problem:no-file-kept")
        assert http.post("/api/uploads/nothing/retry").status_code == 404


def test_the_others_of_the_dataset_wait_their_turn(rowmill: Rowmill) -> None:
    dataset = f"retry-{secrets.token_hex(4)}"
    failed = fails_once(rowmill, dataset)
    other = rowmill.upload(b"n,text\n8,other\n", dataset=dataset)
    assert retry(rowmill, failed).status_code == 202
    assert [rowmill.wait(upload)["state"] for upload in (failed, other)] == ["COMPLETE", "COMPLETE"]
    wait_for(lambda: rowmill.rows(dataset, filter="text:eq:other")["total"]["value"] == 1, 10, "the other is searchable")
