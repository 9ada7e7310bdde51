"""Edits of one dataset on their way: taken in their order, and those that come close together as one upload.

The first goes at once. What comes while it is on its way, and until `gather_s` after it, waits and goes together, as far as it changes the
dataset in the same way: so a hundred small edits a second become a few versions. Each sender gets the upload that their rows are in.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from msgspec import structs

from backbone.errors import Busy
from backbone.http.upload_answer import Upload
from backbone.runtime.principal import asking
from services.query.editing.edit import Edit
from services.query.editing.json_rows import ROWS_MAX

WAITING_MAX: Final = 64  # for one dataset
CELLS_MAX: Final = 400_000  # of what goes together

Apply = Callable[[Edit], Awaitable[Upload]]


@dataclass
class _Waiting:
    """`apply` does it for whoever asked first: what goes together is of one sender."""

    edit: Edit
    sender: str
    apply: Apply
    done: list[asyncio.Future[Upload]]
    alone: bool


@dataclass
class Gatherer:
    gather_s: float
    _waiting: dict[str, deque[_Waiting]] = field(default_factory=dict)
    _running: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def submit(self, edit: Edit, apply: Apply, *, alone: bool) -> Upload:
        """What `apply` makes of the edit, together with others unless it goes `alone`. It is done, whether or not the sender stays to hear
        of it. Raises what `apply` raises."""
        done: asyncio.Future[Upload] = asyncio.get_running_loop().create_future()
        done.add_done_callback(_heard)
        waiting = self._waiting.setdefault(edit.dataset, deque())
        if len(waiting) >= WAITING_MAX:
            raise Busy("too-many-edits", f"{WAITING_MAX} batches of rows wait for dataset {edit.dataset!r} already. Try again in a moment.")
        sender = asking().id
        if waiting and not alone and _go_together(waiting[-1], edit, sender):
            last = waiting[-1]
            last.edit, last.done = _joined(last.edit, edit), [*last.done, done]
        else:
            waiting.append(_Waiting(edit, sender, apply, [done], alone))
        if edit.dataset not in self._running:
            self._running[edit.dataset] = asyncio.create_task(self._run(edit.dataset))
        return await asyncio.shield(done)

    async def _run(self, dataset: str) -> None:
        waiting = self._waiting[dataset]
        clock = asyncio.get_running_loop().time
        try:
            while waiting:
                began = clock()
                await _apply(waiting.popleft())
                if not waiting or not waiting[0].alone:
                    await asyncio.sleep(max(0.0, began + self.gather_s - clock()))
        finally:
            del self._running[dataset], self._waiting[dataset]


async def _apply(group: _Waiting) -> None:
    try:
        upload = await group.apply(group.edit)
    except BaseException as error:
        for done in group.done:
            if not done.done():
                done.set_exception(error if isinstance(error, Exception) else asyncio.CancelledError())
        if not isinstance(error, Exception):
            raise
        return
    for done in group.done:
        if not done.done():
            done.set_result(upload)


def _heard(done: asyncio.Future[Upload]) -> None:
    """Of a sender who has gone nobody takes the error: it is no news for the log."""
    if not done.cancelled():
        done.exception()


def _go_together(group: _Waiting, edit: Edit, sender: str) -> bool:
    """Not two edits of one row by its number: the second was made without knowing of the first, and is told so."""
    first = group.edit
    is_alike = (first.mode, first.key, first.columns, first.is_by_row) == (edit.mode, edit.key, edit.columns, edit.is_by_row)
    rows = len(first.rows) + len(edit.rows)
    fits = rows <= ROWS_MAX and rows * len(edit.columns) <= CELLS_MAX
    return is_alike and fits and not group.alone and group.sender == sender and not set(first.targets) & set(edit.targets)


def _joined(first: Edit, second: Edit) -> Edit:
    return structs.replace(first, rows=first.rows + second.rows, targets=first.targets + second.targets)
