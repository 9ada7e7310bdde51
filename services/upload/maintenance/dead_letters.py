"""Writes dead letters down in the catalog, where people look at them."""

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.dead_letters import keep_letter
from backbone.errors import Unavailable
from backbone.eventlog.events import Event
from backbone.postgres.engine import transaction

log = structlog.get_logger()


async def keep_dead_letter(event: Event, *, engine: AsyncEngine, kept_max: int) -> None:
    """Handles `dead.letter`. A letter that cannot be written down must not become a letter about itself, and so on for ever: it stays in
    the event log and in the log of the consumer that made it."""
    try:
        async with transaction(engine) as connection:
            await keep_letter(connection, event, kept_max)
    except Unavailable:
        raise
    except Exception as error:
        log.error("dead letter could not be kept", letter_id=event.id, exc_info=error)
