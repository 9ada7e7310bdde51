"""How much waits for a group, and since when."""

from backbone.consume.subscription import Subscription
from backbone.eventlog.port import EventLog
from backbone.metrics import QUEUE_EVENTS, QUEUE_OLDEST_S, Reading


async def measure_backlog(log: EventLog, subscription: Subscription) -> list[Reading]:
    """Raises `Unavailable`."""
    backlog = await log.backlog(subscription.group, list(subscription.handlers))
    return [Reading(QUEUE_EVENTS, subscription.group, backlog.events), Reading(QUEUE_OLDEST_S, subscription.group, backlog.oldest_s)]
