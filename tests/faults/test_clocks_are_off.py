"""Clocks an hour off: on the one machine, from one start to the next; on one pod of many."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.faults.clocks import clock_off
from tests.faults.homes import SMALL_CHUNKS
from tests.faults.seeded import MODES, case
from tests.flows.pods import Rowmill, distributed, running, start_pod
from tests.stack import Stack

HOUR = 3600
ASK = "import time, datetime; print(time.time()); print(datetime.datetime.now(datetime.UTC).timestamp())"


@pytest.mark.parametrize("off", [HOUR, -HOUR])
def test_a_clock_that_is_off_is_off(tmp_path: Path, off: int) -> None:
    """Else the cases below would show nothing."""
    environment = {**os.environ, **clock_off(off, tmp_path)}
    told = subprocess.run([sys.executable, "-c", ASK], env=environment, capture_output=True, text=True, check=True).stdout.split()
    assert all(abs(float(each) - time.time() - off) < 60 for each in told), told


@pytest.mark.slow
def test_the_clock_of_the_machine_jumps(own_home: Path, tmp_path: Path) -> None:
    """An hour ahead, then an hour behind; PostgreSQL lives on the same machine. What comes later is later nevertheless. 15 s."""
    with (
        running("embedded", {"all": []}, {"ROWMILL_HOME": str(own_home), **SMALL_CHUNKS}) as rowmill,
        case("clock of the machine jumps by an hour", rowmill) as load,
    ):
        for number, off in enumerate((0, HOUR, -HOUR)):
            if off:
                rowmill.pods["all"].stop()
                start_off(rowmill, "all", [], clock_off(off, tmp_path))
                load.result.times += 1
            for mode in MODES:
                load.send("jumps", f"upload-{number}-{mode}", mode)
            load.ended()
        load.check()


@pytest.mark.stack
@pytest.mark.slow
def test_the_clocks_of_some_pods_are_off(stack: Stack, stack_database: str, tmp_path: Path) -> None:
    """One is right, one an hour ahead, one an hour behind. The files lie in a folder: S3 lets nobody in whose clock is off so far. 40 s."""
    files = {"ROWMILL_FILES_URL": (tmp_path / "files").as_uri()}
    with (
        distributed(stack, stack_database, {"all": []}, **SMALL_CHUNKS, **files) as rowmill,
        case("clocks of two of three pods an hour off", rowmill) as load,
    ):
        for name, off in (("ahead", HOUR), ("behind", -HOUR)):
            start_off(rowmill, name, ["upload", "parser", "indexer"], clock_off(off, tmp_path))
            load.result.times += 1
        for number in range(12):
            load.send(f"set-{number % 3}", f"upload-{number}", MODES[number % 2])
            if number % 4 == 3:  # each of the three takes some
                load.ended()
                rowmill.pods["upload"] = rowmill.pods["ahead" if number == 3 else "behind"]
        load.check()


def start_off(rowmill: Rowmill, name: str, services: Sequence[str], off: Mapping[str, str]) -> None:
    folder = rowmill.pods["all"].output.parent
    rowmill.pods[name] = start_pod(name, services, {**rowmill.environment, **off}, folder)
    rowmill.pods[name].wait_until_ready()
