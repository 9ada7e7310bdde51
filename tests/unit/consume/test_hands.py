"""What a process has in hand is there while it is in hand, counted afterwards, however it ended."""

import pytest

from backbone.catalog.outbox import new_event
from backbone.consume.hands import RATE_OVER_S, Hands
from backbone.eventlog.events import CHUNK_PLANNED


def test_what_is_in_hand_is_told_until_it_is_done_or_has_failed() -> None:
    hands = Hands()
    event = new_event(CHUNK_PLANNED, "u/1", upload_id="u", chunk=1)
    with pytest.raises(ValueError, match="broken"), hands.holding("parser", event), hands.holding("parser", event):
        assert [(hand.group, hand.event, hand.subject, hand.upload_id) for hand in hands.in_hand()] == [
            ("parser", CHUNK_PLANNED, "u/1", "u")
        ] * 2
        raise ValueError("broken")
    assert (hands.in_hand(), hands.handled) == ([], 2)


def test_the_rate_is_of_the_last_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("backbone.consume.hands.time.monotonic", lambda: now)
    hands = Hands()
    for _ in range(40):  # two minutes, a beat every three seconds, ten events in each of the first twenty
        now += 3.0
        hands.handled += 10 if now <= 1000 + RATE_OVER_S else 0
        rate = hands.per_minute()
        if now == 1000 + RATE_OVER_S:
            assert rate == pytest.approx(200)
    assert rate == 0
