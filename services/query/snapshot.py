"""Answers that belong to one version entirely, although versions can be withdrawn at any moment.

A reader learns of its version first and reads the rows afterwards. When the version is undone, removed or let go in between, the cleaning
may have begun, and the answer would be of a version that never was. So it is given only if the version still stands afterwards.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Self, TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.datasets import read_view, view_stands
from backbone.errors import Busy, NotFound
from backbone.model import View
from backbone.postgres.engine import autocommit

TRIES_MAX: Final = 5

T = TypeVar("T")


@dataclass(frozen=True)
class Snapshot:
    """A dataset as it was when this was opened, in the version that was asked for, or where none was (None), in the published one."""

    engine: AsyncEngine
    asked_version: int | None
    view: View

    @classmethod
    async def open(cls, engine: AsyncEngine, dataset: str, version: int | None) -> Self:
        """Raises `NotFound`, `Unavailable`."""
        async with autocommit(engine) as connection:
            return cls(engine, version, await read_view(connection, dataset, version))

    async def still_current(self) -> bool:
        """Whether it would be the same, opened now: then all that was read of it is of its version, and whole."""
        async with autocommit(self.engine) as connection:
            return await view_stands(connection, self.view)

    async def read(self, read: Callable[[View], Awaitable[T]]) -> tuple[Self, T]:
        """What `read` makes of the view, and the snapshot that it is of: this one, or one opened anew when this was no longer current.

        Raises what `read` raises; `NotFound` where the very version that was asked for is no more; `Busy`."""
        snapshot = self
        for _ in range(TRIES_MAX):
            try:
                answer = await read(snapshot.view)
            except NotFound:  # its table went
                if await snapshot.still_current():
                    raise
            else:
                if await snapshot.still_current():
                    return snapshot, answer
            snapshot = await self.open(self.engine, self.view.dataset, self.asked_version)
        raise Busy("versions-change", f"Dataset {self.view.dataset!r} changes its versions faster than this can be answered. Try again.")
