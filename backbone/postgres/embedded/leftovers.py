"""What an end without an end leaves in a folder of data: PostgreSQL's lock files, and at times its processes.

Whoever calls this holds the home's lock, so nobody else's PostgreSQL has any business in the folder.
"""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

PROGRAM: Final = "postgres"
END_S: Final = 30.0
POLL_S: Final = 0.05
LOCK_FILES: Final = ("postmaster.pid", ".s.PGSQL.5432", ".s.PGSQL.5432.lock")


def remove_leftovers(data: Path, socket: Path, mark: str) -> None:
    """Ends PostgreSQL's processes of this very folder, then removes its lock files: those may hold the number of a process of somebody
    else, another home's PostgreSQL among them, or nothing at all."""
    end_processes(data, mark)
    for name in LOCK_FILES:
        for folder in {data, socket}:
            with suppress(FileNotFoundError):
                (folder / name).unlink()


def end_processes(data: Path, mark: str) -> None:
    """First in good order, then by force."""
    running = processes_of(data, mark)
    numbers = {process.pid for process in running}
    for process in running:
        with suppress(psutil.Error):
            if process.ppid() not in numbers:  # the one that has started the others
                process.send_signal(signal.SIGINT)
    if not _are_gone(data, mark):
        for process in processes_of(data, mark):
            with suppress(psutil.Error):
                process.kill()
        _are_gone(data, mark)


def _are_gone(data: Path, mark: str) -> bool:
    """Within `END_S`. One that has ended and was not waited for by its parent stands nowhere any more."""
    deadline = time.monotonic() + END_S
    while processes_of(data, mark):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True


def processes_of(data: Path, mark: str) -> list[psutil.Process]:
    """By the folder they stand in, which is told of every process of ours; else by their command line, which is told of all."""
    if not data.exists():
        return []
    return [process for process in psutil.process_iter(["name"]) if process.info["name"] == PROGRAM and _is_of(process, data, mark)]


def _is_of(process: psutil.Process, data: Path, mark: str) -> bool:
    with suppress(psutil.Error, OSError):
        return os.path.samestat(Path(process.cwd()).stat(), data.stat())
    with suppress(psutil.Error):
        return any(mark in word for word in process.cmdline())
    return False
