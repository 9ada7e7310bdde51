"""So much for each principal, by a clock of the test's own."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.errors import Busy
from backbone.runtime import principal_limits
from backbone.runtime.principal import EVERYBODY, Principal, set_asking
from backbone.runtime.principal_limits import AtOnce, RequestRate, Turns

ONE, TWO = Principal("1", "one", ("read",)), Principal("2", "two", ("read",))


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@given(st.lists(st.floats(0, 30), max_size=300), st.integers(1, 50))
def test_never_more_than_the_bucket_and_what_has_come_since(pauses: list[float], per_minute: int) -> None:
    clock = Clock()
    rate = RequestRate(per_minute, clock)
    allowed = 0
    for pause in pauses:
        clock.now += pause
        try:
            assert rate.take(ONE) is not None
            allowed += 1
        except Busy as error:
            wait_s = error.place["retry_after_s"]
            assert isinstance(wait_s, int) and 1 <= wait_s <= 60 / per_minute + 1
            clock.now += wait_s
            assert rate.take(ONE) is not None, "after what it was told to wait it may ask"
            allowed += 1
        assert allowed <= per_minute + clock.now * per_minute / 60 + 1e-6


def test_what_is_left_is_told_and_others_do_not_notice() -> None:
    rate = RequestRate(3, Clock())
    left = [rate.take(ONE) for _ in range(3)]
    assert [allowance.left for allowance in left if allowance] == [2, 1, 0]
    with pytest.raises(Busy):
        rate.take(ONE)
    assert rate.take(TWO) is not None
    assert all(rate.take(EVERYBODY) is None for _ in range(10))
    assert RequestRate(0).take(ONE) is None


def test_those_who_asked_longest_ago_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(principal_limits, "PRINCIPALS_MAX", 10)
    rate = RequestRate(5, Clock())
    for number in range(100):
        rate.take(Principal(str(number), "", ()))
    assert len(rate._buckets) == 10


async def test_one_takes_their_places_and_no_others() -> None:
    room = AtOnce(1, "full", "Full.")
    set_asking(ONE)
    with room.take():
        with pytest.raises(Busy), room.take():
            pass
        set_asking(TWO)
        with room.take():
            pass
        set_asking(ONE)
    with room.take():
        pass
    assert not room._taken


async def test_a_turn_is_waited_for_behind_ones_own() -> None:
    turns = Turns(1, wait_s=0.05)
    end = await turns.take(ONE)
    assert end is not None
    with pytest.raises(Busy):
        await turns.take(ONE)
    other = await turns.take(TWO)
    assert other is not None
    waiting = asyncio.create_task(turns.take(ONE))
    gone = asyncio.create_task(turns.take(ONE))
    await asyncio.sleep(0)
    gone.cancel()
    end()
    next_end = await waiting
    assert next_end is not None
    next_end()
    other()
    await asyncio.gather(gone, return_exceptions=True)
    assert not turns._turns and not turns._there
