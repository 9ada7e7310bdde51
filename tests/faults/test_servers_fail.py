"""Servers that are killed, frozen, busy or full in the middle of work. It waits, and goes on by itself when they are back."""

import asyncio
import os
import secrets
import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest

from backbone.errors import Unavailable
from backbone.eventlog.events import CHUNK_PLANNED
from backbone.eventlog.kafka.cluster import Cluster
from tests.faults.elastic_proxy import Mood, busy_elasticsearch
from tests.faults.homes import SMALL_CHUNKS, kill_postgres
from tests.faults.seeded import MODES, SEED, case, dice
from tests.flows.pods import Rowmill, distributed, running, wait_for
from tests.stack import Stack

PAUSE_S = 30.0
STACK_UP_S = 200.0
LARGER_CHUNKS = {**SMALL_CHUNKS, "ROWMILL_CHUNK_BYTES": "262144"}
SERVERS = ("kafka", "elasticsearch", "minio", "postgres")
STAGES = ("loading", "merging", "indexing", "publishing")
STAGE_MET_S = 10.0


@pytest.mark.long
@pytest.mark.stack
def test_elasticsearch_is_busy(stack: Stack, stack_database: str) -> None:
    mood = Mood(dice("busy"), whole=0.25, part=0.25)
    with (
        busy_elasticsearch(stack.elasticsearch, mood) as url,
        distributed(Stack(stack.kafka, url, stack.minio, stack.postgres), stack_database, {"all": []}, **SMALL_CHUNKS) as rowmill,
        case("Elasticsearch answers 429, whole and in part", rowmill, rows_each=250) as load,
    ):
        for number in range(4):
            load.send(f"busy-{number % 2}", f"upload-{number}", MODES[number // 2])
        load.check()
        load.result.times = mood.refused + mood.in_part
        assert mood.refused and mood.in_part


@pytest.fixture
def stack_command(stack: Stack) -> Iterator[list[str]]:
    """`STACK_COMMAND kill|pause|resume|up NAME`. Whatever happens, all servers run and answer afterwards, before the next case begins."""
    command = shlex.split(os.environ.get("STACK_COMMAND", ""))
    if not command:
        pytest.skip("STACK_COMMAND is not set, so the servers cannot be killed or paused")
    yield command
    for server in SERVERS:
        subprocess.run([*command, "resume", server], capture_output=True, check=False, timeout=30)
    subprocess.run([*command, "up"], capture_output=True, check=True, timeout=STACK_UP_S)
    asyncio.run(until_all_work(stack))


async def until_all_work(stack: Stack) -> None:
    """A server may listen, and yet not serve: each has to do something."""

    async def postgres() -> None:
        connection = await asyncpg.connect(stack.postgres, timeout=10)
        await connection.execute("CREATE TEMPORARY TABLE works (n int)")
        await connection.close()

    async def kafka() -> None:
        cluster = Cluster(stack.kafka, f"works-{secrets.token_hex(4)}")
        try:
            await cluster.ensure_topics([CHUNK_PLANNED])
            await cluster.delete_topics()
        finally:
            await cluster.close()

    async def answers(url: str) -> None:
        async with httpx.AsyncClient(timeout=10) as http:
            (await http.get(url)).raise_for_status()

    minio = urlsplit(stack.minio)
    health = f"http://{minio.hostname}:{minio.port}/minio/health/ready"
    deadline = time.monotonic() + STACK_UP_S
    for works in (
        postgres,
        kafka,
        lambda: answers(health),
        lambda: answers(f"{stack.elasticsearch}/_cluster/health?wait_for_status=yellow"),
    ):
        while True:
            try:
                await works()
                break
            except (OSError, httpx.HTTPError, asyncpg.PostgresError, Unavailable):
                assert time.monotonic() < deadline, "the servers are not back"
                await asyncio.sleep(0.5)


@pytest.mark.stack
@pytest.mark.slow
@pytest.mark.parametrize("how", ["killed", "paused"])
@pytest.mark.parametrize("server", SERVERS)
def test_a_server_goes_away_and_comes_back(stack: Stack, stack_database: str, stack_command: list[str], server: str, how: str) -> None:
    """In the middle of a load, a merge, an index run or a publish: the seed says which, and four seeds in a row meet all of them. Killed:
    30 s each, paused: 50 s."""
    random_ = dice(f"{server} {how}")
    stage = STAGES[(SEED + SERVERS.index(server) + (how == "paused")) % len(STAGES)]

    def stack_does(act: str) -> None:
        subprocess.run([*stack_command, act, server], capture_output=True, check=True, timeout=180)

    with (
        distributed(stack, stack_database, **SMALL_CHUNKS) as rowmill,
        case(f"{server} {how} while {stage}", rowmill, rows_each=1500) as load,
    ):
        for number in range(6):
            load.send(f"set-{number % 3}", f"upload-{number}", MODES[number % 2])
        if not meet_stage(rowmill, stage):
            load.result.case = f"{server} {how} ({stage} was over too fast), {rowmill.home}"
        time.sleep(random_.uniform(0.0, 0.3))
        stack_does("kill" if how == "killed" else "pause")
        for number in range(6, 8):  # sent while it is away
            load.send(f"set-{number % 3}", f"upload-{number}", random_.choice(MODES))
        time.sleep(5.0 if how == "killed" else PAUSE_S)
        stack_does("up" if how == "killed" else "resume")
        load.result.times = 1
        load.check()


def meet_stage(rowmill: Rowmill, stage: str) -> bool:
    """Returns when an upload is there; whether one was, before we lost patience. A merge is over in a blink, so what counts as one is that
    all rows are in and nothing is indexed yet."""

    def is_there(upload: dict[str, Any]) -> bool:
        chunks, indexed = upload["chunks"], upload["indexed"]
        if stage == "loading":
            return bool(0 < chunks["loaded"] < chunks["total"])
        if stage == "merging":
            nothing_indexed = chunks["loaded"] == chunks["total"] > chunks["indexed"] == 0
            return upload["stage"] == "merging" or bool(upload["mode"] == "upsert" and nothing_indexed)
        if stage == "indexing":
            return bool(0 < indexed < upload["rows"])
        return bool(upload["state"] == "PROCESSING" and 0 < chunks["indexed"] == chunks["total"])

    with rowmill.uploads as http:

        def met() -> bool:
            return any(is_there(upload) for upload in http.get("/api/uploads", params={"state": "PROCESSING"}).json()["uploads"])

        deadline = time.monotonic() + STAGE_MET_S
        while not (is_met := met()) and time.monotonic() < deadline:
            time.sleep(0.01)
    return is_met


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system takes root")
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=140m", "tmpfs", str(disk)], capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine does not let us mount a small file system")
    yield disk
    kill_postgres(disk)
    subprocess.run(["umount", "-l", str(disk)], check=True)


def _fill(filler: Path) -> None:
    """To the last page: PostgreSQL writes at the same time, so nobody knows beforehand how much that is."""
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 65536)


@pytest.mark.slow
def test_postgres_has_a_full_disk(small_disk: Path, tmp_path: Path) -> None:
    """PostgreSQL itself ends when it cannot write its log, and the process is started anew once there is room. 30 s."""
    environment = {"ROWMILL_HOME": str(small_disk), "ROWMILL_FILES_URL": (tmp_path / "files").as_uri(), **LARGER_CHUNKS}
    with running("embedded", {"all": []}, environment) as rowmill, case("full disk of PostgreSQL", rowmill, rows_each=5000) as load:
        load.send("full", "before").result(60)
        load.ended()
        filler = small_disk / "filler"
        _fill(filler)
        for number in range(4):
            load.send("full", f"upload-{number}")
        wait_for(lambda: "disk-full" in rowmill.logs() or "No space left" in rowmill.logs(), 60, "the disk is full")
        filler.unlink()
        load.result.times = 1
        rowmill.pods["all"].kill()
        rowmill.restart("all")
        load.check()


@pytest.mark.slow
@pytest.mark.parametrize("home", ["embedded", pytest.param("distributed", marks=pytest.mark.stack)])
def test_the_file_store_has_a_full_disk(small_disk: Path, own_home: Path, home: str, request: pytest.FixtureRequest) -> None:
    """New files meet 507, what was taken goes on, and there is nothing to start anew once there is room. 10 s, distributed 30 s."""
    files = {"ROWMILL_FILES_URL": small_disk.as_uri(), **LARGER_CHUNKS}
    if home == "embedded":
        starting = running("embedded", {"all": []}, {"ROWMILL_HOME": str(own_home), **files})
    else:
        starting = distributed(request.getfixturevalue("stack"), request.getfixturevalue("stack_database"), **files)
    with starting as rowmill, case("full disk of the file store", rowmill, rows_each=5000) as load:
        load.send("full", "before").result(60)  # is still under way when the disk is full
        filler = small_disk / "filler"
        _fill(filler)
        for number in range(4):
            load.send("full", f"upload-{number}", MODES[number % 2])
        wait_for(lambda: load.answered[507] >= 4, 60, "uploads are refused with 507")
        load.result.times = 1
        filler.unlink()
        load.check()
