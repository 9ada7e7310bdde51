"""Each kind of source against a real server: a database, an S3, a paged JSON API, a folder. What is new comes once, exactly."""

import os
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest
from minio import Minio

from tests.flows.pods import SOURCE_FOLDER, Rowmill
from tests.flows.served import Reply, Served, served
from tests.flows.sourcing import make_source, run_source, values_of
from tests.stack import Stack


@pytest.fixture
def web() -> Iterator[Served]:
    with served() as server:
        yield server


@pytest.fixture
def folder() -> Path:
    path = SOURCE_FOLDER / secrets.token_hex(4)
    path.mkdir(parents=True)
    return path


def exported(rowmill: Rowmill, dataset: str) -> str:
    with rowmill.readers as http:
        return http.get(f"/api/datasets/{dataset}/export", params={"format": "csv"}).text


def test_a_query_on_sqlite(rowmill: Rowmill, folder: Path) -> None:
    with sqlite3.connect(folder / "shop.db") as shop:
        shop.execute("CREATE TABLE items (sku TEXT, price TEXT, stock INTEGER)")
        shop.executemany("INSERT INTO items VALUES (?, ?, ?)", [("a,1", "1.10", 3), ('say "b"', None, None), ("two\nlines", "9", 0)])
    query = "SELECT sku, price, stock FROM items WHERE sku <> ':none' ORDER BY rowid"
    settings = {"url": f"sqlite:///{folder}/shop.db", "query": query}
    make_source(rowmill, "src-sqlite", "database", settings, options={"mode": "replace"})
    assert run_source(rowmill, "src-sqlite")["state"] == "DONE"
    rows = values_of(rowmill, "src-sqlite")
    assert [(row["sku"], row["price"], row["stock"]) for row in rows] == [("a,1", 1.1, 3), ('say "b"', None, None), ("two\nlines", 9, 0)]
    assert run_source(rowmill, "src-sqlite")["state"] == "UNCHANGED"
    for name, bad in (("delete", "DELETE FROM items"), ("none", "SELECT * FROM nowhere"), ("attach", "ATTACH '/tmp/x.db' AS x")):
        make_source(rowmill, f"src-sqlite-{name}", "database", {**settings, "query": bad})
        run = run_source(rowmill, f"src-sqlite-{name}")
        assert (run["state"], run["uploads"][0]["state"]) == ("FAILED", "FAILED"), run
    assert sqlite3.connect(folder / "shop.db").execute("SELECT count(*) FROM items").fetchone() == (3,)


@pytest.mark.stack
async def test_a_query_on_postgresql(stack: Stack, stack_database: str, request: pytest.FixtureRequest) -> None:
    rowmill: Rowmill = request.getfixturevalue("embedded_rowmill")
    server: Any = await asyncpg.connect(stack_database)
    await server.execute(
        "CREATE TABLE orders AS SELECT n AS id, CASE n % 3 WHEN 0 THEN NULL ELSE 'o' || n END AS name, n / 8.0::numeric(20,10) AS price, "
        "n % 2 = 0 AS paid, timestamptz '2026-03-29 01:00:00+01' + n * interval '1 hour' AS at FROM generate_series(1, 5000) n"
    )
    parts = urlsplit(stack_database)
    settings = {"url": f"postgresql://{parts.hostname}:{parts.port}{parts.path}", "query": "SELECT * FROM orders ORDER BY id;"}
    make_source(rowmill, "src-postgres", "database", settings, secret={"user": parts.username, "password": parts.password})
    run = run_source(rowmill, "src-postgres")
    assert (run["state"], run["uploads"][0]["rows"]) == ("DONE", 5000), run
    assert rowmill.rows("src-postgres", limit=1, sort="id")["rows"][0]["values"]["paid"] is False
    lines = exported(rowmill, "src-postgres").splitlines()
    assert lines[1].startswith("1,o1,0.125") and "2026-03-29" in lines[1], lines[:3]
    assert lines[3].startswith("3,,0.375"), lines[:4]
    make_source(
        rowmill,
        "src-postgres-bad",
        "database",
        {**settings, "query": "DELETE FROM orders RETURNING id"},
        secret={"user": parts.username, "password": parts.password},
    )
    run = run_source(rowmill, "src-postgres-bad")
    assert run["state"] == "FAILED" and (parts.password or "?") not in str(run), run
    assert await server.fetchval("SELECT count(*) FROM orders") == 5000
    await server.close()


@pytest.mark.long
@pytest.mark.stack
def test_objects_of_s3_come_each_once(stack: Stack, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    rowmill: Rowmill = request.getfixturevalue("embedded_rowmill")
    parts = urlsplit(stack.minio)
    bucket, prefix = "rowmill-test", f"src-{secrets.token_hex(4)}/in/"
    minio = Minio(endpoint=f"{parts.hostname}:{parts.port}", access_key=parts.username, secret_key=parts.password, secure=False)
    if not minio.bucket_exists(bucket_name=bucket):
        minio.make_bucket(bucket_name=bucket)

    def put(name: str, content: str) -> None:
        path = tmp_path / "object"
        path.write_text(content)
        minio.fput_object(bucket_name=bucket, object_name=prefix + name, file_path=str(path))

    put("a b+c.csv", "n\n1\n")
    put("d.csv", "n\n2\n")
    put("ignored.txt", "n\n9\n")
    secret = {"user": parts.username, "password": parts.password}
    settings = {"bucket": bucket, "prefix": prefix, "glob": "*.csv", "endpoint": f"http://{parts.hostname}:{parts.port}"}
    make_source(rowmill, "src-s3", "s3", settings, secret=secret)
    run = run_source(rowmill, "src-s3")
    assert (run["state"], [upload["item"].removeprefix(prefix) for upload in run["uploads"]]) == ("DONE", ["a b+c.csv", "d.csv"]), run
    assert run_source(rowmill, "src-s3")["state"] == "UNCHANGED"
    put("d.csv", "n\n3\n")
    put("bad.csv", "<html><body>no</body></html>")
    run = run_source(rowmill, "src-s3")
    assert (run["state"], len(run["uploads"])) == ("FAILED", 2) and "1 of 2 files" in run["error"]["detail"], run
    assert run_source(rowmill, "src-s3")["state"] == "UNCHANGED"  # what was refused is not fetched each time
    assert sorted(row["n"] for row in values_of(rowmill, "src-s3")) == [1, 2, 3]
    make_source(rowmill, "src-s3-locked", "s3", settings, secret={**secret, "password": "wrong-password"})
    run = run_source(rowmill, "src-s3-locked")
    assert (run["state"], run["error"]["type"]) == ("FAILED", "source-answers") and "wrong-password" not in str(run), run


def test_a_json_api_page_by_page(rowmill: Rowmill, web: Served) -> None:
    pages = {
        "1": b'{"items": [{"id": 1, "price": {"amount": 1.10}}, {"id": 2, "price": {"amount": 2.00, "unit": "EUR"}}]}',
        "2": b'{"items": [{"id": 3, "note": "late"}]}',
        "3": b'{"items": []}',
    }
    web.replies["/items"] = Reply(by_query=lambda query: pages[parse_qs(query)["page"][0]])
    settings = {"url": f"{web.url}/items", "records": "items", "paging": {"by": "page", "parameter": "page"}}
    make_source(rowmill, "src-api", "api", settings, options={"mode": "replace"})
    assert run_source(rowmill, "src-api")["state"] == "DONE"
    rows = values_of(rowmill, "src-api")
    assert [row["id"] for row in rows] == [1, 2, 3] and [row["note"] for row in rows] == [None, None, "late"], rows
    assert [row["price_amount"] for row in rows] == [1.1, 2, None], rows
    pages["3"] = pages["2"]
    web.replies["/items"] = Reply(by_query=lambda query: b'{"items": [{"id": 1}], "next": "/items"}')
    make_source(rowmill, "src-api-turns", "api", {**settings, "paging": {"by": "link", "next": "next"}})
    run = run_source(rowmill, "src-api-turns")
    assert run["state"] == "FAILED" and "same page twice" in run["error"]["detail"], run


def test_a_folder_of_this_machine(embedded_rowmill: Rowmill, folder: Path) -> None:
    for name, content in (("a.csv", "n\n1\n"), ("b.csv", "n\n2\n"), ("c.txt", "n\n9\n")):
        (folder / name).write_text(content)
        os.utime(folder / name, (1, 1))
    make_source(embedded_rowmill, "src-folder", "folder", {"path": str(folder), "glob": "*.csv"})
    assert len(run_source(embedded_rowmill, "src-folder")["uploads"]) == 2
    assert run_source(embedded_rowmill, "src-folder")["state"] == "UNCHANGED"
    assert len(run_source(embedded_rowmill, "src-folder", again=True)["uploads"]) == 2
    with embedded_rowmill.uploads as http:
        outside = {"name": "src-etc", "kind": "folder", "dataset": "src-etc", "settings": {"path": "/etc", "glob": "*.conf"}}
        assert http.post("/api/sources", json=outside).json()["type"].endswith("folder-not-allowed")
