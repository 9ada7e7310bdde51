"""A backup that is damaged brings back nothing at all, and says what is wrong with it."""

import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.access_tables import audit_events
from backbone.catalog.schema import datasets
from backbone.errors import Conflict, Rejected
from backbone.files.local import LocalFiles
from backbone.lifecycle.backup_manifest import MANIFESTS
from backbone.lifecycle.restore import open_backup, restore
from backbone.postgres.engine import transaction
from backbone.rows.store import RowStore
from tests.flows.pods import Rowmill


@pytest.fixture(scope="session")
def whole(embedded_rowmill: Rowmill, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the Rowmill that other tests use as well, whatever is in it."""
    embedded_rowmill.load(b"a,b\n1,2\n", dataset="backed-up")
    target = tmp_path_factory.mktemp("backups") / "whole"
    done = embedded_rowmill.command("backup", str(target))
    assert done.returncode == 0, done.stderr
    return target


async def bring_back(engine: AsyncEngine, source: Path, files: Path) -> None:
    store = LocalFiles(source)
    await restore(engine, LocalFiles(files), RowStore(engine), store, await open_backup(store))


@pytest.mark.parametrize("damage", ["file", "table", "manifest", "file missing", "table missing", "no manifest", "another schema"])
async def test_a_damaged_backup_restores_nothing(engine: AsyncEngine, whole: Path, tmp_path: Path, damage: str) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(whole, damaged)
    manifest = json.loads((damaged / "manifest.json").read_text())
    file, table = damaged / "files" / manifest["files"][0]["key"], damaged / "tables" / manifest["tables"][-1]["sha256"]
    match damage:
        case "file" | "table":
            victim = file if damage == "file" else table
            victim.write_bytes(victim.read_bytes()[:-1] + b"?")
        case "file missing" | "table missing":
            (file if damage == "file missing" else table).unlink()
        case "manifest":
            (damaged / "manifest.json").write_text("{")
        case "no manifest":
            (damaged / "manifest.json").unlink()
        case "another schema":
            (damaged / "manifest.json").write_text(json.dumps({**manifest, "schema": "0001"}))
    with pytest.raises(Rejected):
        await bring_back(engine, damaged, tmp_path / "files")
    async with transaction(engine) as connection:
        assert (await connection.execute(select(func.count()).select_from(datasets))).scalar_one() == 0


async def test_a_backup_comes_back_once_and_numbers_go_on(engine: AsyncEngine, whole: Path, tmp_path: Path) -> None:
    await bring_back(engine, whole, tmp_path / "files")
    async with transaction(engine) as connection:
        numbers = (await connection.execute(select(datasets.c.id))).scalars().all()
        made = (await connection.execute(datasets.insert().values(name="further", title="further").returning(datasets.c.id))).scalar_one()
        assert made > max(numbers)
        noted = select(audit_events.c.action).order_by(audit_events.c.number.desc()).limit(1)
        assert (await connection.execute(noted)).scalar_one() == "backup.restored"
    with pytest.raises(Conflict, match="already"):
        await bring_back(engine, whole, tmp_path / "files")


def test_older_backups_stay_beside_the_newest(whole: Path) -> None:
    (manifest,) = (whole / MANIFESTS).iterdir()
    assert manifest.read_bytes() == (whole / "manifest.json").read_bytes()
