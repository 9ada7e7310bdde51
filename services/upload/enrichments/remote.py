"""Asks the remote API: for one value, or for the whole list."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from typing import Final

from backbone.catalog.enrichment_values import Outcome
from backbone.errors import Rejected, TooLarge
from backbone.outgoing.addresses import Refused
from backbone.outgoing.client import Outgoing, RemoteAway
from backbone.outgoing.request import OutgoingRequest
from backbone.runtime.backoff import RateLimiter
from services.upload.enrichments.answers import MISSING, ListIndex, NoAnswer, outcome_of
from services.upload.enrichments.settings import ListSettings, LookupSettings, url_for
from services.upload.sources.api_place import ApiPlace
from services.upload.sources.settings import Secret
from services.upload.sources.url_place import secret_headers

ANSWER_BYTES_MAX: Final = 1024 * 1024
LIST_BYTES_MAX: Final = 64 * 1024 * 1024  # of the records, as they are written
AWAY_IN_A_ROW_MAX: Final = 10  # then the server is taken for away, and the next run asks for the rest
FORBIDDEN: Final = (401, 403)


class Lookups:
    """`asked`: how many requests were made."""

    kept_at_once = 1  # each answer is written down as it comes

    def __init__(self, settings: LookupSettings, fields: Sequence[str], secret: Secret, outgoing: Outgoing) -> None:
        self.asked = 0
        self._settings = settings
        self._fields = fields
        self._secret = secret
        self._outgoing = outgoing
        self._rate = RateLimiter(settings.rate)
        self._away = 0

    async def outcomes(self, values: Collection[str]) -> AsyncIterator[tuple[str, Outcome]]:
        """As they come. Raises `RemoteAway`, `Rejected` where asking for more is of no use."""
        waiting = iter(values)
        asking: dict[asyncio.Task[Outcome], str] = {}
        try:
            while True:
                while len(asking) < self._settings.concurrency and (value := next(waiting, None)) is not None:
                    asking[asyncio.create_task(self._ask(value))] = value
                if not asking:
                    return
                done, _ = await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    yield asking.pop(task), task.result()
        finally:
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)

    async def _ask(self, value: str) -> Outcome:
        await self._rate.wait()
        self._rate.spend(1)
        self.asked += 1
        settings = self._settings
        try:
            url = url_for(settings.url, value)
            request = OutgoingRequest(
                url=url, headers={"accept": "application/json", **settings.headers}, secret_headers=secret_headers(self._secret)
            )
            async with self._outgoing.send(request) as answer:
                status = answer.status
                content = await answer.read(ANSWER_BYTES_MAX) if status == 200 else b""
        except RemoteAway as error:
            self._away += 1
            if self._away >= AWAY_IN_A_ROW_MAX:
                raise
            return Outcome(state="FAILED", reason=error.detail)
        except (Refused, TooLarge) as error:
            if error.code.startswith("outgoing-"):  # this server is none that may be asked
                raise
            return Outcome(state="FAILED", reason=error.detail)
        self._away = 0
        if status in settings.missing:
            return MISSING
        if status in FORBIDDEN:
            raise Rejected("source-answers", f"The API answers {status}. Give the enrichment a secret that may read this.")
        if status not in (200, 204):
            return Outcome(state="FAILED", reason=f"The API answers {status}.")
        return outcome_of(content, settings.record, self._fields, empty_is_missing=settings.empty == "missing")


class FetchedList:
    """Fetched when it is first needed, once."""

    kept_at_once = 500

    def __init__(self, settings: ListSettings, fields: Sequence[str], secret: Secret, outgoing: Outgoing) -> None:
        self.asked = 0
        self.index = ListIndex(settings.key, fields)
        self._place = ApiPlace(settings.api, secret, outgoing)
        self._is_fetched = False

    async def outcomes(self, values: Collection[str]) -> AsyncIterator[tuple[str, Outcome]]:
        await self._fetch()
        for value in values:
            yield value, self.index.outcome(value)

    async def _fetch(self) -> None:
        if self._is_fetched:
            return
        size_bytes = 0
        async for records in self._place.pages():
            self.asked += 1
            size_bytes += sum(len(bytes(record)) for record in records)
            if size_bytes > LIST_BYTES_MAX:
                raise Rejected(
                    "list-too-long", f"The list has more than {LIST_BYTES_MAX} bytes. Look its values up one by one: kind=lookup."
                )
            try:
                await asyncio.to_thread(self.index.add, [bytes(record) for record in records])
            except NoAnswer as error:
                raise Rejected("source-answers", str(error)) from None
        if not len(self.index):
            raise Rejected("no-records", "No record of the list has the field key=, so nothing could be joined.")
        self._is_fetched = True
