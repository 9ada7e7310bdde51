"""Walks through the pages of a version: its first page keeps the version from being let go for a while, and a cursor of one that went says so."""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from cachetools import TTLCache
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.versions import keep_for_walk
from backbone.errors import Gone, NotFound, Unavailable
from backbone.model import View
from backbone.postgres.engine import transaction
from services.query.snapshot import Snapshot

NOTED_S: Final = 60  # a version that many walk through is noted once in this time
NOTED_MAX: Final = 10_000


def _notes() -> TTLCache[tuple[str, int], bool]:
    return TTLCache(NOTED_MAX, NOTED_S)


@dataclass(frozen=True)
class Walks:
    """`kept_s` is how long a version stays after a walk began."""

    engine: AsyncEngine
    kept_s: int
    noted: TTLCache[tuple[str, int], bool] = field(default_factory=_notes)

    async def begin(self, view: View) -> None:
        """Called with a first page that another follows."""
        key = (view.dataset, view.version)
        if not self.kept_s or key in self.noted:
            return
        self.noted[key] = True
        with suppress(Unavailable):  # a page is worth having where nothing can be written
            async with transaction(self.engine) as connection:
                await keep_for_walk(connection, view, self.kept_s + NOTED_S)

    async def go_on(self, dataset: str, version: int) -> Snapshot:
        """The version of a cursor. Raises `Gone` where it is no more, `NotFound`, `Unavailable`."""
        try:
            return await Snapshot.open(self.engine, dataset, version)
        except NotFound as error:
            if error.code != "no-such-version":
                raise
            raise Gone("version-gone", f"{error.detail} A version stays for {self.kept_s} s after its first page.") from error
