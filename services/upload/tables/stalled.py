"""Ends a reader that has stopped for good: a library that finds no memory may wait for a lock that it holds itself, and neither a limit of
memory nor one of CPU ever ends that.
"""

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psutil

IDLE_S_MAX: Final = 60.0  # without any work, while its next frame is waited for
LOOKS: Final = 6  # in that time


class Watch:
    """`is_awaited`: somebody waits for what the process says. Where nobody does, it may well do nothing: its pipe is full."""

    def __init__(self, process: subprocess.Popen[bytes], idle_s: float) -> None:
        self.is_awaited = False
        self.has_killed = False
        self._process = process
        self._idle_s = idle_s
        self._ended = threading.Event()

    def run(self) -> None:
        """In a thread, until `end`."""
        worked, since = -1.0, time.monotonic()
        while not self._ended.wait(self._idle_s / LOOKS):
            now, seen = time.monotonic(), _cpu_s(self._process.pid)
            if seen is None:
                return
            if seen > worked or not self.is_awaited:
                worked, since = seen, now
            elif now - since >= self._idle_s:
                self.has_killed = True
                self._process.kill()
                return

    def end(self) -> None:
        self._ended.set()

    @contextmanager
    def awaiting(self) -> Iterator[None]:
        self.is_awaited = True
        try:
            yield
        finally:
            self.is_awaited = False


@contextmanager
def watched(process: subprocess.Popen[bytes], idle_s: float = IDLE_S_MAX) -> Iterator[Watch]:
    """Kills the process when it is awaited and does nothing for so long."""
    watch = Watch(process, idle_s)
    thread = threading.Thread(target=watch.run, name="watch of a table's reader", daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        watch.end()
        thread.join()


def _cpu_s(process: int) -> float | None:
    """None: it is no more, or has ended and waits to be asked why."""
    try:
        found = psutil.Process(process)
        if found.status() == psutil.STATUS_ZOMBIE:
            return None
        times = found.cpu_times()
    except psutil.Error:
        return None
    return float(times.user + times.system)
