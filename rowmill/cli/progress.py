"""A bar that follows a file: sent, then loaded. On stderr, and only where that is a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.progress import BarColumn, ProgressColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from rowmill.cli.terminal import errors, line
from rowmill.client import Client
from rowmill.shapes import Upload

NAME_CHARACTERS_MAX: Final = 60


class Bar:
    def __init__(self, bars: Bars, task: TaskID, name: str) -> None:
        self._bars = bars
        self._task = task
        self._name = line(name, NAME_CHARACTERS_MAX)

    def sent(self, done: int, total: int | None) -> None:
        self._bars.update(self._task, completed=done, total=total)

    def loaded(self, upload: Upload) -> None:
        doing = upload.stage or upload.state.lower()
        self._bars.update(self._task, total=1.0, completed=upload.progress, description=f"{self._name}: {doing}, {upload.rows:,} rows")


@contextmanager
def open_bar(name: str) -> Iterator[Bar]:
    console = errors()
    with Bars(*_columns(), console=console, disable=not console.is_terminal) as bars:
        yield Bar(bars, bars.add_task(f"{line(name, NAME_CHARACTERS_MAX)}: uploading", total=None), name)


def watch(client: Client, upload: Upload, bar: Bar) -> Upload:
    """The upload when it has ended; the bar follows it until then."""
    for current in client.watch(upload):
        bar.loaded(current)
    return current


def _columns() -> tuple[ProgressColumn, ...]:
    plain = TextColumn("{task.description}", markup=False)
    return SpinnerColumn(), plain, BarColumn(), TextColumn("{task.percentage:>3.0f} %", markup=False), TimeElapsedColumn()
