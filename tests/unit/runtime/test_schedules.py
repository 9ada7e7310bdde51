"""Cron expressions in time zones: over the ends of summer time, and what is refused."""

from datetime import UTC, datetime, timedelta

import pytest

from backbone.errors import BadRequest
from backbone.runtime.schedules import check_schedule, next_time, times_between

BERLIN = "Europe/Berlin"


def test_a_time_of_day_is_that_of_its_zone() -> None:
    winter, summer = datetime(2026, 1, 10, tzinfo=UTC), datetime(2026, 7, 10, tzinfo=UTC)
    assert next_time("30 3 * * *", BERLIN, winter) == datetime(2026, 1, 10, 2, 30, tzinfo=UTC)
    assert next_time("30 3 * * *", BERLIN, summer) == datetime(2026, 7, 10, 1, 30, tzinfo=UTC)


def test_the_missing_and_the_doubled_hour_each_run_once() -> None:
    """2026-03-29 has no 02:30 in Berlin, 2026-10-25 has two."""
    for day in (datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)):
        assert times_between("30 2 * * *", BERLIN, day, day + timedelta(days=1)) == 1
    assert next_time("30 2 * * *", BERLIN, datetime(2026, 3, 28, 12, tzinfo=UTC)) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


def test_times_between() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    assert times_between("@hourly", "UTC", start, start + timedelta(hours=5)) == 5
    assert times_between("@hourly", "UTC", start, start + timedelta(minutes=59)) == 0


@pytest.mark.parametrize(
    "schedule", ["", "* * * *", "60 * * * *", "0 0 31 2 *", "@reboot", "* * * * * *", "every day", "0 0 * * " + "1," * 200]
)
def test_what_is_no_schedule(schedule: str) -> None:
    with pytest.raises(BadRequest, match="cron"):
        check_schedule(schedule, "UTC")


@pytest.mark.parametrize("zone", ["", "Mars/Base", "../etc/passwd", "/etc/localtime"])
def test_what_is_no_zone(zone: str) -> None:
    with pytest.raises(BadRequest, match="time zone"):
        check_schedule("@daily", zone)
