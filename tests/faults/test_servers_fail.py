"""Servers that are killed, frozen, busy or full in the middle of work. It waits, and goes on by itself when they are back."""

import os
import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.elastic_proxy import Mood, busy_elasticsearch
from tests.faults.seeded import MODES, case, dice
from tests.faults.test_pods_are_killed import SMALL_CHUNKS, kill_postgres
from tests.flows.pods import distributed, running, wait_for
from tests.stack import Stack

PAUSE_S = 30.0
SERVERS = ("kafka", "elasticsearch", "minio", "postgres")


@pytest.mark.stack
def test_elasticsearch_is_busy(stack: Stack, stack_database: str) -> None:
    mood = Mood(dice("busy"), whole=0.25, part=0.25)
    with (
        busy_elasticsearch(stack.elasticsearch, mood) as url,
        distributed(Stack(stack.kafka, url, stack.minio, stack.postgres), stack_database, {"all": []}, **SMALL_CHUNKS) as rowmill,
        case("Elasticsearch answers 429, whole and in part", rowmill) as load,
    ):
        for number in range(4):
            load.send(f"busy-{number % 2}", f"upload-{number}", MODES[number // 2])
        load.check()
        load.result.times = mood.refused + mood.in_part
        assert mood.refused and mood.in_part


@pytest.fixture
def stack_command() -> Iterator[list[str]]:
    """`STACK_COMMAND kill|pause|resume|up NAME`. Whatever happens, all servers run afterwards."""
    command = shlex.split(os.environ.get("STACK_COMMAND", ""))
    if not command:
        pytest.skip("STACK_COMMAND is not set, so the servers cannot be killed or paused")
    yield command
    for server in SERVERS:
        subprocess.run([*command, "resume", server], capture_output=True, check=False)
    subprocess.run([*command, "up"], capture_output=True, check=True)


@pytest.mark.stack
@pytest.mark.slow
@pytest.mark.parametrize("how", ["killed", "paused"])
@pytest.mark.parametrize("server", SERVERS)
def test_a_server_goes_away_and_comes_back(stack: Stack, stack_database: str, stack_command: list[str], server: str, how: str) -> None:
    random_ = dice(f"{server} {how}")

    def stack_does(act: str) -> None:
        subprocess.run([*stack_command, act, server], capture_output=True, check=True, timeout=180)

    with distributed(stack, stack_database, **SMALL_CHUNKS) as rowmill, case(f"{server} {how}", rowmill) as load:
        for number in range(6):
            load.send(f"set-{number % 3}", f"upload-{number}")
        time.sleep(random_.uniform(0.0, 2.0))
        stack_does("kill" if how == "killed" else "pause")
        for number in range(6, 8):  # sent while it is away
            load.send(f"set-{number % 3}", f"upload-{number}")
        time.sleep(5.0 if how == "killed" else PAUSE_S)
        stack_does("up" if how == "killed" else "resume")
        load.result.times = 1
        load.check()


@pytest.fixture
def small_home(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system takes root")
    home = tmp_path / "home"
    home.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=140m", "tmpfs", str(home)], capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine does not let us mount a small file system")
    yield home
    kill_postgres(home)
    subprocess.run(["umount", "-l", str(home)], check=True)


def _fill(filler: Path) -> None:
    """To the last page: PostgreSQL writes at the same time, so nobody knows beforehand how much that is."""
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 65536)


@pytest.mark.slow
def test_postgres_has_a_full_disk(small_home: Path, tmp_path: Path) -> None:
    """PostgreSQL itself ends when it cannot write its log, and the process is started anew once there is room."""
    environment = {"ROWMILL_HOME": str(small_home), "ROWMILL_FILES_URL": (tmp_path / "files").as_uri(), "ROWMILL_CHUNK_BYTES": "262144"}
    with running("embedded", {"all": []}, environment) as rowmill, case("full disk of PostgreSQL", rowmill, rows_each=5000) as load:
        load.send("full", "before").result(60)
        load.ended()
        filler = small_home / "filler"
        _fill(filler)
        for number in range(4):
            load.send("full", f"upload-{number}")
        wait_for(lambda: "disk-full" in rowmill.logs() or "No space left" in rowmill.logs(), 60, "the disk is full")
        filler.unlink()
        load.result.times = 1
        rowmill.pods["all"].kill()
        rowmill.restart("all")
        load.check()
