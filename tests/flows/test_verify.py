"""Verify and repair: what is whole is found whole, what is broken by hand is named, and the index is mended while readers go on."""

import asyncio
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from backbone.settings import Settings, read_settings
from backbone.wiring import files_url, postgres_url
from services.command_line import maintain
from tests.flows.pods import Rowmill

GOODS = b"sku,name,price\n" + b"".join(b"s%d,thing %d,%d.50\n" % (number, number, number) for number in range(3_000))
MESSY = b'sku,name,price\ns1,"one\nor two",1.50\ns2,broken,1,2,3\n\ns3,5" pipe,2.50\ns4,,\n'


def run(rowmill: Rowmill, *arguments: str) -> tuple[int, str]:
    """The command line, as somebody with the same settings types it: its exit code and what it printed."""
    command = [sys.executable, "-m", "rowmill", *arguments]
    done = subprocess.run(command, env={**os.environ, **rowmill.environment}, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout + done.stderr


def differences(rowmill: Rowmill, dataset: str, *, deep: bool = False) -> str:
    """The same without a process of its own."""

    async def verify() -> list[str]:
        found = maintain.verify_datasets(settings_of(rowmill), [dataset], deep=deep)
        return [told async for verified in found for told in verified.differences]

    return "\n".join(asyncio.run(verify()))


def settings_of(rowmill: Rowmill) -> Settings:
    return read_settings({**os.environ, **rowmill.environment})


def sql(rowmill: Rowmill, statement: str) -> list[Any]:
    async def ask() -> list[Any]:
        connection = await asyncpg.connect(postgres_url(settings_of(rowmill)))
        try:
            return list(await connection.fetch(statement))
        finally:
            await connection.close()

    return asyncio.run(ask())


def table_of(rowmill: Rowmill, dataset: str) -> str:
    query = f"SELECT 'rows_' || max(t.id) FROM row_tables t JOIN datasets d ON d.id = t.dataset_id WHERE d.name = '{dataset}'"
    return str(sql(rowmill, query)[0][0])


def elasticsearch(rowmill: Rowmill, method: str, table: str, path: str, body: Any = None) -> None:
    server, _, prefix = rowmill.environment["ROWMILL_SEARCH_URL"].rpartition("/")
    response = httpx.request(method, f"{server}/{prefix}-{table}/{path}", json=body)
    assert response.is_success, response.text


def row_of(rowmill: Rowmill, dataset: str, sku: str) -> int:
    return int(rowmill.rows(dataset, filter=f"sku:eq:{sku}")["rows"][0]["row"])


def needs_documents(rowmill: Rowmill) -> None:
    if rowmill.home == "embedded":
        pytest.skip("the embedded home searches the rows themselves: there are no documents to break")


@pytest.mark.long
def test_what_is_whole_is_found_whole(rowmill: Rowmill) -> None:
    rowmill.load(GOODS, dataset="whole")
    rowmill.load(MESSY, dataset="whole")
    rowmill.load(GOODS, dataset="whole", mode="replace")
    rowmill.load(MESSY, dataset="declared", types="price:text,sku:text")
    rowmill.load(
        b"a,b,c\n007,31/12/2026,yes\n1e2,1/2/2026,no\n+5,x,no\n", dataset="declared-2", types="a:decimal,b:date(%d/%m/%Y),c:boolean"
    )
    code, told = run(rowmill, "verify", "whole", "declared", "declared-2")
    assert (code, told.count("everything adds up")) == (0, 3), told
    code, told = run(rowmill, "verify", "whole", "declared", "declared-2", "--deep")
    assert (code, told.count("every value the same in file, PostgreSQL and index")) == (0, 3), told
    assert "whole: version 3, 3 kept, 3 uploads: 3,000 rows, 3,000 documents" in told


def test_rows_broken_by_hand_are_named(rowmill: Rowmill) -> None:
    upload = rowmill.load(GOODS, dataset="broken")
    table = table_of(rowmill, "broken")
    gone, other, marked = (row_of(rowmill, "broken", sku) for sku in ("s7", "s8", "s9"))
    sql(rowmill, f"DELETE FROM {table} WHERE _row = {gone}")
    code, told = run(rowmill, "verify", "broken")
    assert code == 1
    place = f"broken, version 1, upload {upload['id']} ({upload['file_name']}), chunk 0"
    assert f"{place}: the catalog have 3000 rows, PostgreSQL has 2999" in told
    assert "broken, version 1: the catalog expect 3000 visible rows, PostgreSQL shows 2999" in told
    sql(rowmill, f"UPDATE {table} SET price = 8.5 WHERE _row = {other}")
    sql(rowmill, f"UPDATE {table} SET _until = 1 WHERE _row = {marked}")
    sql(rowmill, f"INSERT INTO {table} (_from, _row, sku) VALUES (1, {77 << 32}, 'foreign')")
    told = differences(rowmill, "broken", deep=True)
    assert f"row {gone} (record 8): the file has it, PostgreSQL does not" in told
    assert f"row {other} (record 9): column price is 8.50 in the file, 8.5 in PostgreSQL" in told
    assert f"broken, table {table}, chunk 77: PostgreSQL has 1 rows which no upload brought" in told
    if rowmill.home == "distributed":
        assert f"row {gone} (record 8): the index has it, PostgreSQL does not" in told
        assert f"row {other} (record 9): column price is 8.5 in PostgreSQL, 8.50 in the index" in told
        assert f"row {marked} (record 10): it is superseded in version 1 by PostgreSQL, not superseded by the index" in told


def test_a_damaged_file_is_named(rowmill: Rowmill) -> None:
    if rowmill.home == "distributed":
        pytest.skip("the file lies in MinIO; reading it is the same code")
    rowmill.load(GOODS, dataset="damaged")
    key = sql(rowmill, "SELECT file_key FROM uploads WHERE dataset = 'damaged'")[0][0]
    path = Path(files_url(settings_of(rowmill)).removeprefix("file://")) / key
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"thing 12,", b"thong 12,"))
    told = differences(rowmill, "damaged", deep=True)
    assert '(record 13): column name is "thong 12" in the file, "thing 12" in PostgreSQL' in told
    path.unlink()
    assert "is gone" in differences(rowmill, "damaged", deep=True)
    path.write_bytes(whole)  # backups of this Rowmill are to be whole


def test_documents_broken_by_hand_are_named_and_mended(rowmill: Rowmill) -> None:
    needs_documents(rowmill)
    rowmill.load(GOODS, dataset="mended")
    rowmill.load(MESSY, dataset="mended")
    table = table_of(rowmill, "mended")
    gone, other = (row_of(rowmill, "mended", sku) for sku in ("s17", "s18"))
    elasticsearch(rowmill, "DELETE", table, f"_doc/{gone}")
    elasticsearch(rowmill, "POST", table, f"_update/{other}", {"doc": {"values": {"name": "changed"}}})
    elasticsearch(rowmill, "PUT", table, f"_doc/{88 << 32}", {"_from": 1, "_row": 88 << 32, "values": {"sku": "foreign"}})
    elasticsearch(rowmill, "PUT", table, "_doc/twin", {"_from": 1, "_row": other + 1, "values": {"sku": "twin"}})
    assert differences(rowmill, "mended")
    told = differences(rowmill, "mended", deep=True)
    assert f"row {gone} (record 18): PostgreSQL has it, the index does not" in told
    assert f'row {other} (record 19): column name is "thing 18" in PostgreSQL, "changed" in the index' in told
    assert f"row {88 << 32}: the index has it, PostgreSQL does not" in told
    assert f"row {other + 1} (record 20), document twin: the index has it, PostgreSQL does not" in told
    code, said = run(rowmill, "index", "mended", "--repair")
    assert (code, "mended: 3000 documents put again, 2 deleted" in said) == (0, True), said
    assert differences(rowmill, "mended", deep=True) == ""


def test_readers_see_whole_versions_while_the_index_is_mended(rowmill: Rowmill) -> None:
    """What is visible at any moment: every row but those that were missing before."""
    needs_documents(rowmill)
    rowmill.load(GOODS, dataset="hammered")
    table = table_of(rowmill, "hammered")
    missing = [row_of(rowmill, "hammered", f"s{number}") for number in (3, 4, 5)]
    for row in missing:
        elasticsearch(rowmill, "DELETE", table, f"_doc/{row}?refresh=true")
    totals: set[int] = set()
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            totals.add(rowmill.rows("hammered", q="thing", limit=1)["total"]["value"])

    reader = threading.Thread(target=read)
    reader.start()
    try:
        assert run(rowmill, "index", "hammered", "--repair")[0] == 0
    finally:
        over.set()
        reader.join()
    assert totals <= {2_997, 3_000}
    assert 2_997 in totals
    assert rowmill.rows("hammered", q="thing", limit=1)["total"]["value"] == 3_000
