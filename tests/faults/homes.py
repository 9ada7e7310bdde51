"""Embedded homes that a test has for itself, and breaks."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from backbone.postgres.embedded.home import Home, is_free
from backbone.postgres.embedded.server import leave_embedded
from tests.flows.pods import wait_for

SMALL_CHUNKS = {"ROWMILL_CHUNK_BYTES": "4096", "ROWMILL_RECEIVING_LOST_S": "4"}


def kill_postgres(home: Path) -> None:
    """The server of the embedded home and all its children: they end when their parent is gone. Its keeper starts another one."""
    with suppress(FileNotFoundError, psutil.NoSuchProcess):
        server = psutil.Process(int((home / "postgres" / "postmaster.pid").read_text().split()[0]))
        server.kill()
        psutil.wait_procs([server], timeout=10)


@pytest.fixture
def own_home(tmp_path: Path) -> Iterator[Path]:
    """Which the verifying test uses too, so that its PostgreSQL goes on until the test lets go of it."""
    home = tmp_path / "home"
    yield home
    leave_embedded(home)
    wait_for(lambda: is_free(Home(home).lock), 30, "PostgreSQL has ended")
