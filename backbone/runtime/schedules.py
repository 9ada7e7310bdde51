"""When a schedule is due: cron expressions in a time zone, with the rules of summer time that cron has (what falls into the missing hour runs
behind it, what falls into the doubled one runs once). Pure."""

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from backbone.errors import BadRequest

TIMES_COUNTED_MAX: Final = 10_000
CHARACTERS_MAX: Final = 200
SHORT: Final = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
FIELDS: Final = 5


def check_schedule(schedule: str, time_zone: str) -> None:
    """Raises `BadRequest`."""
    try:
        zone = ZoneInfo(time_zone)
    except (KeyError, ValueError, OSError):
        detail = f"There is no time zone {time_zone[:60]!r}. Names are those of IANA, such as Europe/Berlin or UTC."
        raise BadRequest("bad-time-zone", detail) from None
    expression = SHORT.get(schedule, schedule)
    try:
        if len(schedule) > CHARACTERS_MAX or len(expression.split()) != FIELDS:
            raise CronSimError
        next(CronSim(expression, datetime.now(zone)))
    except (CronSimError, StopIteration):
        detail = f"schedule={schedule[:60]!r} is no cron expression of five fields that comes true one day, such as '30 3 * * *' or @daily."
        raise BadRequest("bad-schedule", detail) from None


def next_time(schedule: str, time_zone: str, after: datetime) -> datetime:
    """The first time behind `after`, in UTC."""
    return next(CronSim(SHORT.get(schedule, schedule), after.astimezone(ZoneInfo(time_zone)))).astimezone(UTC)


def times_between(schedule: str, time_zone: str, after: datetime, until: datetime) -> int:
    """How many times it was due behind `after`, up to `until`; no more than `TIMES_COUNTED_MAX` are counted."""
    times = CronSim(SHORT.get(schedule, schedule), after.astimezone(ZoneInfo(time_zone)))
    count = 0
    while count < TIMES_COUNTED_MAX and next(times) <= until:
        count += 1
    return count
