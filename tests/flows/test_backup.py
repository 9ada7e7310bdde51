"""What was backed up while everything went on comes back whole in another home, under an identity of its own."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from backbone.postgres.embedded.server import leave_embedded
from tests.databases import database
from tests.flows.pods import Rowmill, distributed, embedded, running
from tests.stack import Stack

UPSERT = {"mode": "upsert", "key": "id"}


@contextmanager
def another(rowmill: Rowmill, folder: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Rowmill, Any]]:
    """An empty home of the same kind that does not run yet, and what starts it."""
    if rowmill.home == "embedded":
        home = folder / "home"
        environment = {"ROWMILL_HOME": str(home)}
        yield Rowmill("embedded", environment), lambda: running("embedded", {"all": []}, environment)
        leave_embedded(home)
        return
    stack: Stack = request.getfixturevalue("stack")
    with database(stack.postgres) as url, distributed(stack, url, {}) as empty:
        yield empty, lambda: running("distributed", {"all": []}, empty.environment)


@pytest.fixture(params=[pytest.param("embedded"), pytest.param("distributed", marks=[pytest.mark.stack, pytest.mark.slow])])
def source(request: pytest.FixtureRequest) -> Iterator[Rowmill]:
    """A Rowmill of its own: a backup is of all that there is."""
    if request.param == "embedded":
        with embedded() as rowmill:
            yield rowmill
        return
    stack = request.getfixturevalue("stack")
    with database(stack.postgres) as url, distributed(stack, url, {"all": []}) as rowmill:
        yield rowmill


def all_of(rowmill: Rowmill) -> dict[str, Any]:
    """What readers see of every dataset, in every version, and what is known of every upload."""
    with rowmill.readers as http, rowmill.uploads as uploads:
        seen: dict[str, Any] = {}
        for dataset in http.get("/api/datasets").json()["datasets"]:
            name = dataset["name"]
            for version in http.get(f"/api/datasets/{name}").json()["versions"]:
                answer = http.get(f"/api/datasets/{name}/export", params={"version": version["number"]})
                seen[f"{name} {version['number']}"] = answer.text
        for upload in uploads.get("/api/uploads").json()["uploads"]:
            seen[upload["id"]] = (
                upload["state"],
                upload["rows"],
                upload["rejects"],
                uploads.get(f"/api/uploads/{upload['id']}/file").content,
            )
        return seen


def test_all_of_it_comes_back_in_another_home(source: Rowmill, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    source.load(b"id,name\n1,Caf\xe9\n2,tea\n3,x,y,z\n", dataset="goods", **UPSERT)  # in Latin-1: it has a reading copy
    source.load(b"id,name\n2,green tea\n4,cup\n", dataset="goods", **UPSERT)
    source.load(b"a;b\n" + b"".join(b"%d;1,5\n" % number for number in range(3000)), dataset="many", types="b:decimal(1.234,56)")
    held = source.wait(source.upload(b"id,name\n9,held\n", dataset="goods", hold="true", **UPSERT))
    target = tmp_path / "backup"
    first = source.command("backup", str(target))
    assert first.returncode == 0, first.stderr
    written = {path: path.stat().st_mtime_ns for folder in ("files", "tables") for path in (target / folder).rglob("*") if path.is_file()}
    source.load(b"a\n1\n", dataset="more")
    assert source.command("backup", str(target)).returncode == 0
    assert {path: path.stat().st_mtime_ns for path in written} == written, "what was there is not copied again"
    lost = next(path for path in written if path.is_relative_to(target / "files"))
    lost.unlink()
    assert source.command("backup", str(target)).returncode == 0 and lost.is_file(), "what the backup has lost is copied again"
    before = all_of(source)
    manifest = json.loads((target / "manifest.json").read_text())
    assert manifest["datasets"] == ["goods", "many", "more"]
    for file in manifest["files"]:
        assert hashlib.sha256((target / "files" / file["key"]).read_bytes()).hexdigest() == file["sha256"]

    with another(source, tmp_path, request) as (restored, start):
        done = restored.command("restore", str(target))
        assert done.returncode == 0, done.stdout + done.stderr
        with start() as rowmill:
            assert all_of(rowmill) == before
            assert rowmill.rows("goods", q="cafe")["total"]["value"] == 1
            with rowmill.uploads as http:
                assert http.post(f"/api/uploads/{held['id']}/publish").status_code == 200
            rowmill.load(b"id,name\n5,pot\n", dataset="goods", **UPSERT)
            assert rowmill.rows("goods")["total"]["value"] == 5
            for dataset in ("goods", "many"):
                rowmill.verify(dataset)
            again = restored.command("restore", str(target))
            assert again.returncode == 1 and "already" in again.stderr
    assert all_of(source) == before, "what happens in the copy does not happen in the original"
