"""What an installation of an older Rowmill left behind goes on under this one: rows, versions, files that were under way, indices.

The fixtures are made by `tests/upgrades/make.py`: one folder for each version whose schema other people may have.
"""

import asyncio
import gzip
import json
import secrets
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

import asyncpg
import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.datasets import make_table, read_table
from backbone.model import Table
from backbone.postgres.engine import transaction
from services.indexer.indexing.drop_old_indices import drop_old_indices
from services.indexer.stores import Stores
from tests.flows.pods import Rowmill, _drop_indices, running
from tests.flows.test_dead_letters import on_database
from tests.upgrades.make import exports, goods

FOLDER: Final = Path(__file__).parent
RELEASED: Final = sorted(path.name for path in FOLDER.iterdir() if (path / "embedded").is_dir())


@pytest.fixture(params=RELEASED)
def old(request: pytest.FixtureRequest, home: str) -> Path:
    return FOLDER / str(request.param) / home


@pytest.fixture
def upgraded(old: Path, home: str, empty_database: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Rowmill]:
    asyncio.run(run_sql(empty_database, gzip.decompress((old / "database.sql.gz").read_bytes()).decode()))
    with tarfile.open(old / "files.tar.gz") as files:
        files.extractall(tmp_path / "files", filter="data")
    search_url = "postgres:"
    if home == "distributed":
        search_url = f"{request.getfixturevalue('stack').elasticsearch}/upgraded-{secrets.token_hex(4)}"
        put_indices(search_url, json.loads(gzip.decompress((old / "indices.json.gz").read_bytes())))
    environment = {
        "ROWMILL_HOME": str(tmp_path),
        "ROWMILL_POSTGRES_URL": empty_database,
        "ROWMILL_FILES_URL": (tmp_path / "files").as_uri(),
        "ROWMILL_EVENTS_URL": "postgres:",
        "ROWMILL_SEARCH_URL": search_url,
        "ROWMILL_SMALL_ROWS_MAX": "12",  # fewer than most of the tables have
    }
    try:
        with running(home, {"all": []}, environment) as rowmill:
            yield rowmill
    finally:
        if home == "distributed":
            _drop_indices(search_url)


async def run_sql(url: str, statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statements)
    finally:
        await connection.close()


def put_indices(search_url: str, indices: dict[str, Any]) -> None:
    for name, index in indices.items():
        body = {"settings": index["settings"], "mappings": index["mappings"]}
        httpx.put(f"{search_url}{name}", json=body, timeout=60).raise_for_status()
        lines = [json.dumps(line) for number, document in index["documents"] for line in ({"index": {"_id": number}}, document)]
        answer = httpx.post(
            f"{search_url}{name}/_bulk?refresh=true",
            content="\n".join([*lines, ""]),
            headers={"content-type": "application/x-ndjson"},
            timeout=60,
        )
        assert not lines or not answer.raise_for_status().json()["errors"], answer.text


@pytest.mark.long
def test_it_goes_on(upgraded: Rowmill, old: Path) -> None:
    with upgraded.uploads as http:
        waiting = http.get("/api/uploads", params={"dataset": "waiting"}).json()["uploads"]
    assert [upgraded.wait(upload)["state"] for upload in waiting] == ["COMPLETE", "COMPLETE"]
    assert upgraded.rows("waiting", q="teapot", limit="1")["total"] == {"value": 60, "relation": "eq"}
    answers = json.loads(gzip.decompress((old / "answers.json.gz").read_bytes()))
    with upgraded.readers as http:
        assert {name: exports(http, name) for name in answers} == answers
    for name in ("appended", "upserted", "replaced", "packed", "untouched"):
        assert upgraded.rows(name, q='"teapot 105"' if name == "replaced" else '"teapot 7"')["total"]["value"] == 1, name
    assert upgraded.rows("latin", q="köln")["rows"][0]["values"]["name"] == "Jürgen"
    assert upgraded.rows("wide", filter="c299:eq:3-299")["total"]["value"] == 1
    change_all(upgraded)
    for name in (*answers, "waiting"):
        upgraded.verify(name)
    if upgraded.home == "distributed":
        check_indices(upgraded)


def check_indices(rowmill: Rowmill) -> None:
    """The old ones are gone. Tables that got rows have one of today; others get it when they are told to, if they are not small."""
    search_url = rowmill.environment["ROWMILL_SEARCH_URL"]
    assert documents_of(rowmill, "packed") == "there"
    assert [documents_of(rowmill, name) for name in ("latin", "typed", "wide")] == ["none"] * 3
    server, _, prefix = search_url.rpartition("/")
    mappings = httpx.get(f"{server}/{prefix}-*/_mapping").json()
    assert mappings and all("words" in index["mappings"]["properties"] for index in mappings.values())
    for name, expected in (("untouched", "there"), ("latin", "none")):
        assert rowmill.command("index", name).returncode == 0
        assert documents_of(rowmill, name) == expected
    assert rowmill.rows("untouched", q='"teapot 7"')["total"]["value"] == 1
    rowmill.verify("untouched")


def documents_of(rowmill: Rowmill, dataset: str) -> str:
    query = """
        SELECT documents FROM row_tables JOIN versions ON versions.table_id = row_tables.id JOIN datasets ON datasets.id = versions.dataset_id
        WHERE datasets.name = :name AND versions.number = datasets.version
    """
    found = on_database(rowmill, lambda connection: connection.execute(text(query), {"name": dataset}))
    return str(found.scalar_one())


def change_all(rowmill: Rowmill) -> None:
    """The held version is published; each dataset gets more rows; the last is undone where it was undone before."""
    with rowmill.uploads as http:
        held = http.get("/api/uploads", params={"dataset": "held", "state": "HELD"}).json()["uploads"]
        http.post(f"/api/uploads/{held[0]['id']}/publish").raise_for_status()
        assert rowmill.wait(held[0])["state"] == "COMPLETE"
    assert rowmill.rows("held", limit="1")["total"]["value"] == 15
    for name in ("appended", "upserted", "replaced", "held", "packed", "waiting"):
        rowmill.load(goods(200, 205), dataset=name, **({"mode": "upsert", "key": "sku"} if name == "upserted" else {}))
        assert rowmill.rows(name, q='"teapot 203"')["total"]["value"] == 1, name
    with rowmill.uploads as http:
        last = http.get("/api/uploads", params={"dataset": "upserted", "limit": "1"}).json()["uploads"][0]
        http.post(f"/api/uploads/{last['id']}/undo").raise_for_status()
    assert rowmill.rows("upserted", q='"teapot 203"')["total"]["value"] == 0


class OfOneHome:
    """An index that is only told to drop tables."""

    def __init__(self, *, keeps_documents: bool) -> None:
        self.keeps_documents = keeps_documents
        self.dropped: list[str] = []

    async def drop(self, table: Table) -> None:
        self.dropped.append(table.name)


@pytest.mark.parametrize("keeps_documents", [True, False])
async def test_only_an_index_of_documents_is_dropped(engine: AsyncEngine, keeps_documents: bool) -> None:
    """One on the rows is brought up to date by each publish, and may be of today already."""
    async with transaction(engine) as connection:
        dataset = (await connection.execute(text("INSERT INTO datasets (name, title) VALUES ('old', 'old') RETURNING id"))).scalar_one()
        table = await make_table(connection, dataset, (), "columns", documents="old")
    index = OfOneHome(keeps_documents=keeps_documents)
    await drop_old_indices(Stores(engine, *[cast(Any, index)] * 4))
    assert index.dropped == ([table.name] if keeps_documents else [])
    async with transaction(engine) as connection:
        assert (await read_table(connection, table.id)).documents == "none"
