"""Writes dead letters down in the books, where people look at them."""

import structlog

from backbone.catalog.dead_letters import keep_letter
from backbone.errors import Unavailable
from backbone.eventlog.events import Event
from backbone.postgres.engine import transaction
from backbone.wiring import Backbone

log = structlog.get_logger()


async def keep_dead_letter(backbone: Backbone, event: Event) -> None:
    """Handles `dead.letter`. A letter that cannot be written down must not become a letter about itself, and so on for ever: it stays in
    the event log and in the log of the consumer that made it."""
    try:
        async with transaction(backbone.engine) as connection:
            await keep_letter(connection, event, backbone.settings.dead_letters_kept_max)
    except Unavailable:
        raise
    except Exception as error:
        log.error("dead letter could not be kept", letter_id=event.id, exc_info=error)
