"""What a webhook is told: the event, when it came to be, and the upload, run or dead letter as the API gives it."""

from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.dead_letters import read_letter
from backbone.catalog.source_fetches import run_and_source, uploads_of
from backbone.catalog.uploads import shown_row
from backbone.catalog.webhooks import Claimed
from backbone.errors import NotFound
from backbone.http.upload_answer import to_upload
from services.upload.sources.responses import UPLOADS_SHOWN, to_run

LETTER: Final = ("id", "subject", "data", "died_at", "replayed_at")


class Payload(Struct, frozen=True):
    """As Standard Webhooks would have it."""

    type: str
    timestamp: datetime
    data: Any


async def payload_of(connection: AsyncConnection, delivery: Claimed) -> str | None:
    """None: what it was about is no more."""
    try:
        data = await _data(connection, delivery)
    except NotFound:
        return None
    return msgspec.json.encode(Payload(delivery.event, delivery.created_at, data)).decode()


async def _data(connection: AsyncConnection, delivery: Claimed) -> Any:
    if delivery.event == "source.failed":
        run, source = await run_and_source(connection, delivery.subject)
        return to_run(run, source, (await uploads_of(connection, [delivery.subject], UPLOADS_SHOWN))[delivery.subject])
    if delivery.event == "dead-letter":
        letter = await read_letter(connection, delivery.subject)
        return {name: letter[name] for name in LETTER}
    return to_upload(await shown_row(connection, delivery.subject), datetime.now(UTC))
