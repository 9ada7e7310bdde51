"""What this process has in hand right now, and how fast it gets through: what it tells of itself (`heartbeat.py`)."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from backbone.catalog.workers import InHand
from backbone.eventlog.events import Event

RATE_OVER_S: Final = 60.0
SHOWN_MAX: Final = 100  # no process has more hands


class Hands:
    """Of one process, over all its subscriptions."""

    def __init__(self) -> None:
        self.handled = 0
        self._in_hand: dict[int, InHand] = {}
        self._taken = 0
        self._marks: deque[tuple[float, int]] = deque([(time.monotonic(), 0)])

    @contextmanager
    def holding(self, group: str, event: Event) -> Iterator[None]:
        """However it ends, it is out of hand afterwards, and counted."""
        self._taken += 1
        number = self._taken
        upload_id = str(event.data.get("upload_id", ""))
        self._in_hand[number] = InHand(group=group, event=event.type, subject=event.subject, upload_id=upload_id, since=datetime.now(UTC))
        try:
            yield
        finally:
            del self._in_hand[number]
            self.handled += 1

    def in_hand(self) -> list[InHand]:
        """The oldest first."""
        return list(self._in_hand.values())[:SHOWN_MAX]

    def per_minute(self) -> float:
        """Events handled, by the last minute or as much of it as there was."""
        now = time.monotonic()
        self._marks.append((now, self.handled))
        while len(self._marks) > 2 and self._marks[1][0] <= now - RATE_OVER_S:
            self._marks.popleft()
        began, before = self._marks[0]
        return (self.handled - before) * 60 / max(now - began, 1.0)
