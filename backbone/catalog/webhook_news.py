"""What webhooks are to be told, written down in the transaction that makes it true: what is rolled back is told to nobody, what is committed is told
even when the process dies in the next moment."""

from typing import Final, Literal, get_args

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.dataset_of_upload import NAME_BY_ID

WebhookEvent = Literal[
    "upload.complete",
    "upload.held",
    "upload.failed",
    "upload.unchanged",
    "upload.cancelled",
    "upload.discarded",
    "upload.undone",
    "source.failed",
    "dead-letter",
]
EVENTS: Final[tuple[WebhookEvent, ...]] = get_args(WebhookEvent)
# Of a dead letter without a dataset only those are told who are told of all datasets.
_WANTED: Final = """
    FROM webhooks WHERE NOT paused AND events ? CAST(:event AS text) AND EXISTS (
        SELECT 1 FROM jsonb_array_elements_text(datasets) AS pattern
        WHERE pattern = '*' OR pattern = named.dataset OR (right(pattern, 1) = '*' AND starts_with(named.dataset, left(pattern, -1)))
    )
"""
_ID: Final = "'msg_' || replace(gen_random_uuid()::text, '-', '')"
_TELL: Final = text(f"""
    WITH named AS (SELECT CAST(:dataset AS text) AS dataset)
    INSERT INTO webhook_deliveries (id, webhook_id, event, dataset, subject)
    SELECT {_ID}, webhooks.id, CAST(:event AS text), named.dataset, CAST(:subject AS text) FROM named, LATERAL (SELECT id {_WANTED}) AS webhooks
""")
_TELL_OF_UPLOAD: Final = text(f"""
    WITH named AS ({NAME_BY_ID})
    INSERT INTO webhook_deliveries (id, webhook_id, event, dataset, subject)
    SELECT {_ID}, webhooks.id, CAST(:event AS text), named.dataset, CAST(:subject AS text) FROM named, LATERAL (SELECT id {_WANTED}) AS webhooks
""")
_OF_STATE: Final = {event.removeprefix("upload.").upper(): event for event in EVENTS if event.startswith("upload.")}


async def tell_webhooks(connection: AsyncConnection, event: WebhookEvent, dataset: str | None, subject: str) -> None:
    await connection.execute(_TELL, {"event": event, "dataset": dataset, "subject": subject})


async def tell_of_upload(connection: AsyncConnection, upload_id: str, state: str) -> None:
    """Of a state in which nobody is told anything, nothing."""
    if (event := _OF_STATE.get(state)) is not None:
        await connection.execute(_TELL_OF_UPLOAD, {"event": event, "subject": upload_id, "upload_id": upload_id})
