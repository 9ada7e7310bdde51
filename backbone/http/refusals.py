"""Requests that were turned away, for the audit: gathered, and written every moment, so that a flood of them is a line and not a flood of
writes."""

import asyncio
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.audit import Refusal, note_refusals
from backbone.errors import Unavailable
from backbone.postgres.engine import transaction
from backbone.runtime.backoff import wait_any
from backbone.runtime.request_record import RequestRecord

STATUSES: Final = frozenset({401, 403, 421, 429})
WRITTEN_EVERY_S: Final = 1.0
KINDS_MAX: Final = 500  # that are told apart between two writes; what is beyond is counted together
_OTHERS: Final = Refusal(principal_id="", principal="", status=0, code="others", method="", route="", object="")

log = structlog.get_logger()


class Refusals:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._waiting: dict[Refusal, tuple[str, int]] = {}

    def add(self, record: RequestRecord, method: str, status: int) -> None:
        """Of a request that has been answered; most were not turned away."""
        if status not in STATUSES and not record.is_hidden:
            return
        refusal = Refusal(
            principal_id=record.principal_id,
            principal=record.principal,
            status=status,
            code=record.problem,
            method=method,
            route=record.route,
            object=record.object,
        )
        kind = refusal if refusal in self._waiting or len(self._waiting) < KINDS_MAX else _OTHERS
        first_id, times = self._waiting.get(kind, (record.id, 0))
        self._waiting[kind] = (first_id, times + 1)

    async def run(self, stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            await wait_any(WRITTEN_EVERY_S, stopping)
            await self.write()

    async def write(self) -> None:
        """Never raises: what cannot be written waits for the next time."""
        waiting, self._waiting = self._waiting, {}
        if not waiting:
            return
        try:
            async with transaction(self._engine) as connection:
                await note_refusals(connection, [(refusal, first_id, times) for refusal, (first_id, times) in waiting.items()])
        except Unavailable:
            for kind, (first_id, times) in self._waiting.items():
                first_id, before = waiting.get(kind, (first_id, 0))
                waiting[kind] = (first_id, before + times)
            self._waiting = waiting
        except Exception as error:
            log.error("refusals not written", kinds=len(waiting), exc_info=error)
