"""Embedded homes that a test has for itself, and breaks."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

SMALL_CHUNKS = {"ROWMILL_CHUNK_BYTES": "4096", "ROWMILL_RECEIVING_LOST_S": "4"}


def kill_postgres(home: Path) -> None:
    """The server of the embedded home and all its children: they end when their parent is gone."""
    with suppress(FileNotFoundError, psutil.NoSuchProcess):
        server = psutil.Process(int((home / "postgres" / "postmaster.pid").read_text().split()[0]))
        server.kill()
        psutil.wait_procs([server], timeout=10)


@pytest.fixture
def own_home(tmp_path: Path) -> Iterator[Path]:
    """Whose PostgreSQL ends with the test: it waits for its users to leave, but those killed never do, nor does the verifying test."""
    home = tmp_path / "home"
    yield home
    kill_postgres(home)
