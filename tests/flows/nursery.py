"""Processes of Rowmill that are forked from one which has imported the program already: importing it takes longer than most tests that start one."""

import atexit
import gc
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from services.__main__ import SERVICES, main

# What a process imports when it knows its services and servers, and Litestar when it starts.
_LATE: Final = (
    "backbone.eventlog.kafka.log",
    "backbone.eventlog.postgres.log",
    "backbone.search.elasticsearch.index",
    "litestar.plugins.pydantic",
)
PRELOADED: Final = (__name__, *(f"services.{name}.service" for name in SERVICES), *_LATE)
_CONTEXT: Final = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(list(PRELOADED))


class Forked:
    """`python -m services …`, with what the tests use of `subprocess.Popen`."""

    def __init__(self, services: Sequence[str], environment: Mapping[str, str], output: Path) -> None:
        self._process = _CONTEXT.Process(target=_run, args=(list(services), dict(environment), str(output)), daemon=True)
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("services", timeout or 0)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):  # ended, and not told yet
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _run(services: list[str], environment: dict[str, str], output: str) -> None:
    with Path(output).open("ab") as log:
        for stream in (1, 2):
            os.dup2(log.fileno(), stream)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["services", *services]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.freeze()  # what was there before the fork; else each collection would look through it, and write to its pages
    try:
        main(services)
    finally:
        atexit._run_exitfuncs()  # which multiprocessing leaves out, and the embedded PostgreSQL is left by one
