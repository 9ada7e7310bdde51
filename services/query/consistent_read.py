"""Answers that belong to one version entirely, although versions can be withdrawn at any moment.

A reader learns of its version first and reads the rows afterwards. When the version is undone, removed or let go in between, the cleaning
may have begun, and the answer would be of a version that never was. So it is given only if the version still stands afterwards.
"""

from collections.abc import Awaitable, Callable
from typing import Final, Protocol, TypeVar

from backbone.catalog.datasets import view_stands
from backbone.errors import Busy, NotFound
from backbone.model import View
from backbone.postgres.engine import autocommit
from backbone.wiring import Backbone

TRIES_MAX: Final = 5


class Opened(Protocol):
    @property
    def view(self) -> View: ...


O = TypeVar("O", bound=Opened)  # noqa: E741
T = TypeVar("T")


async def consistent_read(
    backbone: Backbone, opened: O, reopen: Callable[[], Awaitable[O]], answer: Callable[[O], Awaitable[T]]
) -> tuple[O, T]:
    """The answer, and what it was made of: `opened`, or what `reopen` gave when that fell. Raises what they raise: `NotFound` where the
    reader had asked for the very version that is no more."""
    for _ in range(TRIES_MAX):
        try:
            found = await answer(opened)
        except NotFound:  # its table went
            if await stands(backbone, opened.view):
                raise
        else:
            if await stands(backbone, opened.view):
                return opened, found
        opened = await reopen()
    raise Busy("versions-change", f"Dataset {opened.view.dataset!r} changes its versions faster than this can be answered. Try again.")


async def stands(backbone: Backbone, view: View) -> bool:
    async with autocommit(backbone.engine) as connection:
        return await view_stands(connection, view)
