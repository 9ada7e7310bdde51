"""A reader that has stopped for good is ended; one that works, or that nobody waits for, is not."""

import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from backbone.errors import TooLarge
from services.upload.tables import gather
from services.upload.tables.stalled import watched
from tests.tables import read, xlsx

SLEEPS = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]
WORKS = [sys.executable, "-c", "import time; end = time.monotonic() + 3\nwhile time.monotonic() < end: pass\nprint('done', flush=True)"]


def started(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def test_one_that_does_nothing_while_it_is_awaited_is_killed() -> None:
    with started(SLEEPS) as process, watched(process, idle_s=0.6) as watch, watch.awaiting():
        assert process.stdout is not None
        assert process.stdout.read() == b"up\n"  # ends when the process does
        assert process.wait(10) == -9


def test_one_that_works_is_not() -> None:
    with started(WORKS) as process, watched(process, idle_s=0.6) as watch, watch.awaiting():
        assert process.stdout is not None
        assert process.stdout.read() == b"done\n"
        assert process.wait(10) == 0


def test_one_that_nobody_waits_for_may_do_nothing() -> None:
    with started(SLEEPS) as process, watched(process, idle_s=0.3):
        assert process.stdout is not None
        process.stdout.readline()
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            assert process.poll() is None
        process.kill()


def test_a_table_whose_reader_stops_for_good_is_refused_and_the_limit_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sleeper = tmp_path / "sleeper"
    sleeper.write_text("#!/bin/sh\nexec sleep 600\n")
    sleeper.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(sleeper))
    monkeypatch.setattr(gather, "watched", partial(watched, idle_s=0.6))
    with pytest.raises(TooLarge, match="ROWMILL_READER_MEMORY_BYTES_MAX") as refused:
        read(xlsx([["a"], [1]]))
    assert "did nothing" in str(refused.value)
