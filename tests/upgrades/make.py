"""Makes what an installation of an older Rowmill leaves behind, for `tests/upgrades/test_upgrades.py`:

    python -m tests.upgrades.make CHECKOUT NAME

CHECKOUT is a work tree of that version. It runs on the PostgreSQL and the Elasticsearch of the tests (`STACK_POSTGRES`, `STACK_ELASTICSEARCH`)
in both homes, and is killed while files wait for it. Kept are the database as SQL, the stored files, the indices, and the answers
that were given: they have to be given after the upgrade, too. Needs `pg_dump`.
"""

import gzip
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import httpx

from tests.databases import database
from tests.flows.pods import ENDED, free_port
from tests.stack import find_stack

FOLDER: Final = Path(__file__).parent
GOODS: Final = b"sku,name,price,since,note\n"
WIDE: Final = 300
Old = httpx.Client


def goods(first: int, behind: int, price: str = "9.50") -> bytes:
    return GOODS + b"".join(
        f'{number:05d},"Teapot {number}, ""large""",{price},2024-03-{number % 28 + 1:02d},"two\nlines"\n'.encode()
        for number in range(first, behind)
    )


def tell_story(old: Old) -> None:
    """Every kind of version and state that a dataset can be in."""
    load(old, goods(0, 40), dataset="appended")
    load(old, goods(40, 60) + b"too,many,fields,in,this,record\n", dataset="appended")
    load(old, goods(0, 30), dataset="upserted", key="sku", mode="upsert")
    load(old, goods(20, 50, "7.25"), dataset="upserted", key="sku", mode="upsert")
    undone = load(old, goods(45, 70, "1.00"), dataset="upserted", key="sku", mode="upsert")
    old.post(f"/api/uploads/{undone}/undo").raise_for_status()
    load(old, goods(0, 20), dataset="replaced")
    load(old, goods(100, 110), dataset="replaced", mode="replace")
    load(old, goods(0, 10), dataset="held")
    load(old, goods(10, 15), dataset="held", hold="true")
    load(old, "name;ort\nJürgen;Köln\nZoë;Liège\n".encode("latin-1"), dataset="latin")
    load(old, goods(0, 20), dataset="untouched")
    load(old, gzip.compress(goods(0, 25)), dataset="packed", file_name="goods.csv.gz")
    load(old, ",".join(f"c{n}" for n in range(WIDE)).encode() + b"\n" + b"".join(wide_record(row) for row in range(5)), dataset="wide")
    load(old, b"n,flag,at,big\n1,true,2026-01-02T03:04:05,12345678901234567890\n-2,false,2026-01-02T03:04:06,1\n", dataset="typed")


def wide_record(row: int) -> bytes:
    return ",".join(f"{row}-{column}" for column in range(WIDE)).encode() + b"\n"


def leave_waiting(old: Old) -> None:
    """Without a parser: the first stays PROCESSING, and its events wait; the second is PENDING behind it."""
    for first in (0, 30):
        send(old, goods(first, first + 30), dataset="waiting")


def send(old: Old, content: bytes, **options: str) -> str:
    answer = old.post("/api/uploads", params=options, content=content)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def load(old: Old, content: bytes, **options: str) -> str:
    upload_id = send(old, content, **options)
    until(lambda: old.get(f"/api/uploads/{upload_id}").json()["state"] in ENDED)
    return upload_id


def answers(old: Old) -> dict[str, Any]:
    """Of each dataset each version's export."""
    names = [dataset["name"] for dataset in old.get("/api/datasets", params={"limit": 100}).json()["datasets"]]
    return {name: exports(old, name) for name in names if name != "waiting"}


def exports(old: Old, name: str) -> dict[str, str]:
    versions = [version["number"] for version in old.get(f"/api/datasets/{name}").json()["versions"]]
    texts = {}
    for version in versions:
        answer = old.get(f"/api/datasets/{name}/export", params={"format": "csv", "version": version})
        assert answer.status_code == 200, answer.text
        texts[str(version)] = answer.text
    return texts


def indices_of(search_url: str) -> dict[str, Any]:
    """Name without the prefix → settings, mappings, documents."""
    server, _, prefix = search_url.rpartition("/")
    kept = {}
    for name, index in httpx.get(f"{server}/{prefix}-*").raise_for_status().json().items():
        hits = (
            httpx.post(f"{server}/{name}/_search", json={"size": 10_000, "query": {"match_all": {}}})
            .raise_for_status()
            .json()["hits"]["hits"]
        )
        settings = {
            key: value
            for key, value in index["settings"]["index"].items()
            if key not in ("creation_date", "uuid", "version", "provided_name")
        }
        documents = [[hit["_id"], hit["_source"]] for hit in hits]
        kept[name.removeprefix(prefix)] = {"settings": settings, "mappings": index["mappings"], "documents": documents}
    return kept


def run(checkout: Path, home: str, folder: Path) -> None:
    with find_stack() as stack, tempfile.TemporaryDirectory() as place, ExitStack() as opened:
        assert stack is not None, "the tests' servers are not there"
        url = opened.enter_context(database(stack.postgres))
        search_url = "postgres:" if home == "embedded" else f"{stack.elasticsearch}/old-{secrets.token_hex(4)}"
        files = Path(place) / "files"
        environment = {
            "ROWMILL_HOME": place,
            "ROWMILL_POSTGRES_URL": url,
            "ROWMILL_FILES_URL": files.as_uri(),
            "ROWMILL_EVENTS_URL": "postgres:",
            "ROWMILL_SEARCH_URL": search_url,
        }
        with_old(checkout, [], environment, tell_story)
        with_old(checkout, ["query"], environment, lambda old: write_json(folder / "answers.json.gz", answers(old)))
        with_old(checkout, ["upload", "indexer", "query"], environment, leave_waiting)
        dump = subprocess.run(["pg_dump", "--inserts", "--no-owner", "--no-privileges", url], capture_output=True, check=True).stdout
        write(folder / "database.sql.gz", b"".join(line for line in dump.splitlines(keepends=True) if not line.startswith(b"\\")))
        shutil.make_archive(str(folder / "files"), "gztar", files)
        if home == "distributed":
            write_json(folder / "indices.json.gz", indices_of(search_url))
            server, _, prefix = search_url.rpartition("/")
            httpx.delete(f"{server}/{prefix}-*")


def with_old(checkout: Path, services: list[str], environment: dict[str, str], use: Callable[[Old], object]) -> None:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "services", *services], cwd=checkout, env={**os.environ, **environment, "ROWMILL_HTTP_PORT": str(port)}
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as old:
            until(lambda: is_ready(old))
            use(old)
    finally:
        process.kill()
        process.wait()


def is_ready(old: Old) -> bool:
    try:
        return old.get("/health/ready").is_success
    except httpx.TransportError:
        return False


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def write_json(path: Path, content: object) -> None:
    write(path, json.dumps(content, ensure_ascii=False).encode())


def write(path: Path, content: bytes) -> None:
    path.write_bytes(gzip.compress(content, mtime=0))


def main(checkout: str, name: str) -> None:
    for home in ("embedded", "distributed"):
        folder = FOLDER / name / home
        folder.mkdir(parents=True, exist_ok=True)
        run(Path(checkout).resolve(), home, folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
