"""Clocks an hour off: on the one machine, from one start to the next; on one pod of many."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faults.clocks import clock_off
from tests.faults.seeded import MODES, case
from tests.faults.test_pods_are_killed import SMALL_CHUNKS
from tests.flows.pods import Rowmill, distributed, running
from tests.stack import Stack

HOUR = 3600
ASK = "import time, datetime; print(time.time()); print(datetime.datetime.now(datetime.UTC).timestamp())"


@pytest.mark.parametrize("off", [HOUR, -HOUR])
def test_a_clock_that_is_off_is_off(tmp_path: Path, off: int) -> None:
    """Else the cases below would show nothing."""
    environment = {**os.environ, **clock_off(off, tmp_path)}
    told = subprocess.run([sys.executable, "-c", ASK], env=environment, capture_output=True, text=True, check=True).stdout.split()
    assert all(abs(float(each) - time.time() - off) < 60 for each in told), told


def restart(rowmill: Rowmill, pod: str, environment: dict[str, str]) -> None:
    rowmill.pods[pod].stop()
    rowmill.environment, before = {**rowmill.environment, **environment}, rowmill.environment
    rowmill.restart(pod)
    rowmill.environment = before


@pytest.mark.slow
def test_the_clock_of_the_machine_jumps(tmp_path: Path) -> None:
    """An hour ahead, then an hour behind; PostgreSQL lives on the same machine. What comes later is later nevertheless."""
    with (
        running("embedded", {"all": []}, {"ROWMILL_HOME": str(tmp_path / "home"), **SMALL_CHUNKS}) as rowmill,
        case("clock of the machine jumps by an hour", rowmill) as load,
    ):
        for number, off in enumerate((0, HOUR, -HOUR)):
            if off:
                restart(rowmill, "all", clock_off(off, tmp_path))
                load.result.times += 1
            for mode in MODES:
                load.send("jumps", f"upload-{number}-{mode}", mode)
            load.ended()
        load.check()


@pytest.mark.stack
@pytest.mark.slow
@pytest.mark.parametrize("off", [HOUR, -HOUR])
def test_the_clock_of_one_pod_is_off(stack: Stack, stack_database: str, tmp_path: Path, off: int) -> None:
    """Of each service one pod is right, one is off. The files lie in a folder: S3 lets nobody in whose clock is off by more than 15 minutes."""
    services = ("upload", "parser", "indexer")
    pods = {"query": ["query"], **{name: [service] for service in services for name in (service, f"{service}-off")}}
    files = {"ROWMILL_FILES_URL": (tmp_path / "files").as_uri()}
    with (
        distributed(stack, stack_database, pods, **SMALL_CHUNKS, **files) as rowmill,
        case(f"clock of one pod {off // HOUR:+} h off", rowmill) as load,
    ):
        for service in services:
            restart(rowmill, f"{service}-off", clock_off(off, tmp_path))
            load.result.times += 1
        for number in range(10):
            load.send(f"set-{number % 3}", f"upload-{number}", MODES[number % 2])
            if number == 4:  # from here on the upload service that is off takes them
                load.ended()
                rowmill.pods["upload"], rowmill.pods["upload-off"] = rowmill.pods["upload-off"], rowmill.pods["upload"]
        load.check()
