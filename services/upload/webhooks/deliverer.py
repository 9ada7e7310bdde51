"""Brings to webhooks what is to be told to them: signed, tried again for a day, each try as one line of the log at most.

A delivery comes at least once: a process that dies behind the answer is followed by another one. Its `webhook-id` is the same each time.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine
from standardwebhooks import Webhook

from backbone.catalog.sources import database_time
from backbone.catalog.webhooks import (
    Claimed,
    WebhookRecord,
    change_webhook,
    claim_deliveries,
    forget_deliveries,
    keep_payload,
    read_webhook,
    settle_delivery,
)
from backbone.errors import NotFound, Rejected, Unavailable
from backbone.metrics import WEBHOOK_DELIVERIES, start_at_zero
from backbone.outgoing.client import Outgoing
from backbone.outgoing.request import OutgoingRequest
from backbone.outgoing.retries import retry_after_s
from backbone.postgres.engine import transaction
from backbone.runtime.backoff import wait_any
from backbone.runtime.sealed_secrets import SealedSecrets
from services.upload.webhooks.mail import MAILTO, MailServer, address_of, letter_of, send_mail
from services.upload.webhooks.payloads import payload_of
from services.upload.webhooks.tries import again_in_s

LOOK_EVERY_S: Final = 1.0  # while there is something to bring
QUIET_S: Final = 3.0  # else: looking costs PostgreSQL a transaction
LEASE_S: Final = 300.0  # longer than any try takes
TRY_S_MAX: Final = 60.0
ANSWER_BYTES_MAX: Final = 64 * 1024
OUTCOMES: Final = ("delivered", "tried", "failed")
GONE: Final = 410  # the receiver's word for: never again
ERROR_CHARACTERS_MAX: Final = 500

log = structlog.get_logger()


class Answered(Exception):  # noqa: N818 -- an answer, though not the one that was hoped for
    def __init__(self, status: int, asked_s: float | None) -> None:
        super().__init__(f"It answers {status}.")
        self.status = status
        self.asked_s = asked_s


@dataclass(frozen=True)
class Deliverer:
    engine: AsyncEngine
    outgoing: Outgoing
    sealed: SealedSecrets
    mail: MailServer | None

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping`. What is under way then is tried again when its lease ends."""
        start_at_zero(WEBHOOK_DELIVERIES, OUTCOMES)
        trying: set[asyncio.Task[None]] = set()
        while not stopping.is_set():
            claimed: list[Claimed] = []
            try:
                if not trying:  # the next ones when these are done: what one process has in hand is bounded
                    async with transaction(self.engine) as connection:
                        claimed = await claim_deliveries(connection, LEASE_S)
            except Unavailable as error:
                log.warning("webhooks wait for server", server=error.server, detail=error.detail)
            except Exception as error:  # a later look may go better, and this loop must not take the process with it
                log.error("looking at webhooks failed", exc_info=error)
            for delivery in claimed:
                task = asyncio.create_task(self._deliver(delivery))
                trying.add(task)
                task.add_done_callback(trying.discard)
            await wait_any(LOOK_EVERY_S if trying else QUIET_S, stopping)
        for task in trying:
            task.cancel()
        await asyncio.gather(*trying, return_exceptions=True)

    async def _deliver(self, delivery: Claimed) -> None:
        try:
            async with transaction(self.engine) as connection:
                webhook = await read_webhook(connection, delivery.webhook_id)
                payload = delivery.payload or await payload_of(connection, delivery)
                if payload is None:
                    return await settle_delivery(connection, delivery.id, "FAILED", None, "What it was about is no more.")
                if delivery.payload is None:
                    await keep_payload(connection, delivery.id, payload)
            await self._try(delivery, webhook, payload)
        except (NotFound, Unavailable):  # the webhook was removed meanwhile; or PostgreSQL is away, and the lease ends
            return None
        except Exception as error:
            log.error("delivery failed", delivery_id=delivery.id, exc_info=error)
        return None

    async def _try(self, delivery: Claimed, webhook: WebhookRecord, payload: str) -> None:
        status, error, asked_s = None, None, None
        try:
            async with asyncio.timeout(TRY_S_MAX):
                status = await self._send(delivery.id, webhook, payload)
        except Answered as answered:
            status, error, asked_s = answered.status, str(answered), answered.asked_s
        except TimeoutError:
            error = f"It did not answer within {TRY_S_MAX:g} seconds."
        except (Rejected, Unavailable) as refused:
            error = refused.detail
        async with transaction(self.engine) as connection:
            if error is None:
                WEBHOOK_DELIVERIES.labels("delivered").inc()
                return await settle_delivery(connection, delivery.id, "DELIVERED", status, None)
            age_s = (await database_time(connection) - delivery.first_at).total_seconds()
            wait_s = None if status == GONE else again_in_s(delivery.attempts, age_s, asked_s)
            WEBHOOK_DELIVERIES.labels("failed" if wait_s is None else "tried").inc()
            await settle_delivery(
                connection, delivery.id, "FAILED" if wait_s is None else "WAITING", status, error[:ERROR_CHARACTERS_MAX], wait_s
            )
            if status == GONE:
                await change_webhook(connection, webhook.id, {"paused": True})
        return None

    async def _send(self, delivery_id: str, webhook: WebhookRecord, payload: str) -> int | None:
        """Its status; None of a letter. Raises `Answered`, `Rejected`, `Unavailable`."""
        if webhook.url.startswith(MAILTO):
            await self._mail(delivery_id, webhook, payload)
            return None
        now = datetime.now(UTC)
        signature = Webhook(str(self.sealed.unseal(webhook.secret)["secret"])).sign(delivery_id, now, payload)
        headers = {
            "content-type": "application/json",
            "webhook-id": delivery_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signature,
        }
        request = OutgoingRequest(url=webhook.url, method="POST", headers=headers, content=payload.encode())
        async with self.outgoing.send(request, tries_max=1) as answer:
            if not 200 <= answer.status < 300:
                raise Answered(answer.status, retry_after_s(answer.headers.get("retry-after"), now))
            await answer.read(ANSWER_BYTES_MAX)
            return answer.status

    async def _mail(self, delivery_id: str, webhook: WebhookRecord, payload: str) -> None:
        if self.mail is None:
            raise Rejected("no-mail-server", "ROWMILL_SMTP_URL is not set, so there is no mail server.")
        await send_mail(self.mail, address_of(webhook.url), letter_of(payload, delivery_id))


async def forget_old_deliveries(engine: AsyncEngine) -> None:
    while True:
        async with transaction(engine) as connection:
            if await forget_deliveries(connection) == 0:
                return
