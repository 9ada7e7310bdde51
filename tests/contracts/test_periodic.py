"""What is done now and then, on PostgreSQL of both homes: one pod's turn at a time, and only what nobody needs is removed."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import uuid_utils
from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.chunks import keep_rejects, plan_chunks
from backbone.catalog.periodic import claim_turn
from backbone.catalog.resumables import create_resumable, read_resumable
from backbone.catalog.schema import chunks, idempotency_keys, rejects, resumables, uploads
from backbone.consume.periodic import PeriodicTask, run_periodically
from backbone.errors import NotFound
from backbone.files.local import LocalFiles
from backbone.model import Chunk, Reject
from backbone.postgres.engine import transaction
from backbone.settings import Settings
from services.upload.maintenance.abandoned import fail_lost_uploads, made_at, remove_orphans
from services.upload.maintenance.forget import forget_keys, forget_old_uploads
from services.upload.receive.receive import Receiver
from services.upload.resumable.finish import Finisher
from services.upload.resumable.pieces import take_pieces

OLD = "01890000-0000-7000-8000-00000000000{}"  # of 2023


class Wakeful:
    def wake(self) -> None:
        pass


@pytest.fixture
def backbone(engine: AsyncEngine, tmp_path: Path) -> Any:
    return SimpleNamespace(engine=engine, files=LocalFiles(tmp_path), settings=Settings(), relay=Wakeful())


async def store(backbone: Any, key: str) -> None:
    async def blocks() -> AsyncIterator[bytes]:
        yield b"x"

    await backbone.files.put(key, blocks())


async def write_upload(backbone: Any, upload_id: str, state: str, **values: object) -> None:
    about = {
        "id": upload_id,
        "state": state,
        "dataset": "d",
        "file_name": "f",
        "mode": "append",
        "file_key": f"uploads/{upload_id}/original",
    }
    async with transaction(backbone.engine) as connection:
        await connection.execute(insert(uploads).values(**about, **values))


async def left(backbone: Any, folder: str = "uploads/") -> set[str]:
    return {key async for key in backbone.files.keys(folder)}


async def test_of_many_pods_one_does_each_round(engine: AsyncEngine) -> None:
    async def claim(every_s: float) -> bool:
        async with transaction(engine) as connection:
            return await claim_turn(connection, "sweep", every_s)

    assert sum(await asyncio.gather(*(claim(3600) for _ in range(5)))) == 1
    assert not await claim(3600)
    async with transaction(engine) as connection:
        await connection.execute(text("UPDATE chores SET begun_at = now() - interval '2 hours'"))
    assert sum(await asyncio.gather(*(claim(3600) for _ in range(5)))) == 1


async def test_a_chore_that_fails_is_done_again_and_one_in_hand_does_not_hold_up_the_end(engine: AsyncEngine) -> None:
    stopping, hangs, rounds = asyncio.Event(), asyncio.Event(), 0

    async def act() -> None:
        nonlocal rounds
        rounds += 1
        if rounds < 3:
            raise ValueError("a bug")
        hangs.set()
        await asyncio.Event().wait()

    doing = asyncio.create_task(run_periodically(PeriodicTask("sweep", 0.01, act), engine, stopping))
    async with asyncio.timeout(10):
        await hangs.wait()
        stopping.set()
        await doing
    assert rounds == 3


async def test_only_old_files_that_no_upload_needs_are_removed(backbone: Any) -> None:
    kept, failed, skipped, receiving, gone = (OLD.format(number) for number in range(5))
    young = str(uuid_utils.uuid7())
    await write_upload(backbone, kept, "COMPLETE", sha256="s", reading_key=f"uploads/{kept}/reading-copy")
    await write_upload(backbone, failed, "FAILED")  # while it came in: nothing of it may be there
    await write_upload(backbone, skipped, "UNCHANGED", sha256="s")
    await write_upload(backbone, receiving, "RECEIVING")
    for upload_id in (kept, failed, skipped, receiving, gone, young):
        for name in ("original", "reading-copy"):
            await store(backbone, f"uploads/{upload_id}/{name}")
    await store(backbone, "uploads/not-ours/original")
    await remove_orphans(backbone.engine, backbone.files, backbone.settings.orphans_kept_s)
    kept_whole = {f"uploads/{upload_id}/{name}" for upload_id in (kept, receiving, young) for name in ("original", "reading-copy")}
    assert await left(backbone) == kept_whole | {"uploads/not-ours/original"}


async def test_a_copy_that_the_upload_does_not_name_is_an_orphan(backbone: Any) -> None:
    upload_id = OLD.format(0)
    await write_upload(backbone, upload_id, "COMPLETE", sha256="s")
    for name in ("original", "reading-copy"):
        await store(backbone, f"uploads/{upload_id}/{name}")
    await remove_orphans(backbone.engine, backbone.files, backbone.settings.orphans_kept_s)
    assert await left(backbone) == {f"uploads/{upload_id}/original"}


async def test_orphans_are_kept_for_ever_where_the_setting_says_so(backbone: Any) -> None:
    backbone.settings = Settings(orphans_kept_s=0)
    await store(backbone, f"uploads/{OLD.format(1)}/original")
    await remove_orphans(backbone.engine, backbone.files, backbone.settings.orphans_kept_s)
    assert len(await left(backbone)) == 1


async def test_uploads_without_a_heartbeat_are_failed_and_those_with_one_are_not(backbone: Any) -> None:
    lost, alive, waiting = (OLD.format(number) for number in range(3))
    for upload_id, state in ((lost, "RECEIVING"), (alive, "RECEIVING"), (waiting, "PENDING")):
        await write_upload(backbone, upload_id, state)
        await store(backbone, f"uploads/{upload_id}/original")
    async with transaction(backbone.engine) as connection:
        long_ago = text("now() - interval '2 minutes'")
        await connection.execute(update(uploads).where(uploads.c.id.in_((lost, waiting))).values(heartbeat_at=long_ago))
    await fail_lost_uploads(backbone.engine, backbone.files, backbone.relay, backbone.settings.receiving_lost_s)
    async with transaction(backbone.engine) as connection:
        states = dict((await connection.execute(select(uploads.c.id, uploads.c.state))).all())
    assert states == {lost: "FAILED", alive: "RECEIVING", waiting: "PENDING"}
    assert await left(backbone) == {f"uploads/{alive}/original", f"uploads/{waiting}/original"}


async def test_old_idempotency_keys_are_forgotten(backbone: Any) -> None:
    await write_upload(backbone, OLD.format(0), "COMPLETE")
    async with transaction(backbone.engine) as connection:
        for key, age in (("old", "25 hours"), ("young", "23 hours")):
            values = {"key": key, "upload_id": OLD.format(0), "asked": {}, "created_at": text(f"now() - interval '{age}'")}
            await connection.execute(insert(idempotency_keys).values(**values))
    await forget_keys(backbone.engine, backbone.settings.idempotency_kept_s)
    async with transaction(backbone.engine) as connection:
        assert (await connection.execute(select(idempotency_keys.c.key))).scalars().all() == ["young"]


def test_the_id_of_an_upload_tells_when_it_began() -> None:
    made = made_at(f"uploads/{OLD.format(0)}/original")
    assert made is not None and made.year == 2023
    assert made_at("uploads/not-a-uuid/original") is None
    assert made_at("uploads/8d3c1f0e-0000-4000-8000-000000000000/original") is None  # no time in it


async def test_a_file_whose_pieces_stop_coming_is_forgotten_with_its_pieces(backbone: Any) -> None:
    kept_s = backbone.settings.resumable_kept_s
    finisher = Finisher(Receiver(backbone.engine, backbone.files, None, backbone.relay, backbone.settings, None), kept_s)  # type: ignore[arg-type]

    async def piece() -> AsyncIterator[bytes]:
        yield b"a,b\n"

    for resumable_id in ("given-up", "slow"):
        async with transaction(backbone.engine) as connection:
            await create_resumable(connection, resumable_id, 100, "", {})
            begun = await read_resumable(connection, resumable_id, kept_s)
        await take_pieces(backbone.engine, backbone.files, begun, piece(), None)
    async with transaction(backbone.engine) as connection:
        aged = text(f"now() - interval '{kept_s + 60} seconds'")
        await connection.execute(update(resumables).where(resumables.c.id == "given-up").values(touched_at=aged))
    assert len(await left(backbone, "resumable/given-up/")) == 1
    await finisher.forget_expired()
    assert await left(backbone, "resumable/given-up/") == set()
    assert len(await left(backbone, "resumable/slow/")) == 1
    async with transaction(backbone.engine) as connection:
        assert (await read_resumable(connection, "slow", kept_s)).received_bytes == 4
        with pytest.raises(NotFound):
            await read_resumable(connection, "given-up", kept_s)


async def test_old_uploads_without_rows_are_forgotten_with_chunks_rejects_and_files(backbone: Any) -> None:
    old = datetime.now(UTC) - timedelta(days=400)
    gone: dict[str, dict[str, Any]] = {
        "failed": {"state": "FAILED", "created_at": old},
        "purged": {"state": "FAILED", "created_at": old, "version": 3, "cleaned_at": old},
        "swept": {"state": "COMPLETE", "created_at": old, "version": 4, "file_removed_at": old},
        **{f"same-{number}": {"state": "UNCHANGED", "created_at": old} for number in range(60)},
    }
    stays: dict[str, dict[str, Any]] = {
        "young": {"state": "FAILED"},
        "in-a-dataset": {"state": "COMPLETE", "created_at": old, "version": 5},
        "held": {"state": "HELD", "created_at": old, "version": 6},
        "not-cleaned": {"state": "UNDONE", "created_at": old, "version": 7},
        "being-removed": {"state": "COMPLETE", "created_at": old, "version": 8, "file_removed_at": old, "removing_at": old},
    }
    for name, values in {**gone, **stays}.items():
        await write_upload(backbone, name, **values)
        await store(backbone, f"uploads/{name}/original")
        async with transaction(backbone.engine) as connection:
            await plan_chunks(connection, name, [Chunk(number=0, offset=0, length=1, records=1, first_record=1, first_line=1, clean=True)])
            await keep_rejects(connection, name, 0, [Reject(record=1, line=2, reason="too-long", detail="", raw="x")])
    await forget_old_uploads(backbone.engine, backbone.files, 0)
    assert len(await left(backbone)) == len(gone) + len(stays)
    await forget_old_uploads(backbone.engine, backbone.files, 365)
    assert await left(backbone) == {f"uploads/{name}/original" for name in stays}
    async with transaction(backbone.engine) as connection:
        for table in (uploads.c.id, chunks.c.upload_id, rejects.c.upload_id):
            assert set((await connection.execute(select(table))).scalars()) == set(stays)
