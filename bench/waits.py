"""What PostgreSQL's sessions wait for while something is done: looked at many times a second, as `pg_stat_activity` tells it."""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import asyncpg

EVERY_S: Final = 0.02
SHOWN_MAX: Final = 4
_LOOK: Final = """
    SELECT coalesce(wait_event_type || ':' || wait_event, 'runs'), count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND state = 'active' AND query ILIKE 'COPY%' AND pid <> pg_backend_pid() GROUP BY 1
"""


class Waits:
    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()

    def text(self) -> str:
        """The most frequent with their shares of all looks at a session that copies."""
        looks = sum(self.seen.values()) or 1
        return ", ".join(f"{event} {count / looks:.0%}" for event, count in self.seen.most_common(SHOWN_MAX))


@contextmanager
def watched(url: str) -> Iterator[Waits]:
    waits, ended = Waits(), threading.Event()

    async def look() -> None:
        connection = await asyncpg.connect(url)
        try:
            while not ended.is_set():
                waits.seen.update({str(event): int(count) for event, count in await connection.fetch(_LOOK)})
                await asyncio.sleep(EVERY_S)
        finally:
            await connection.close()

    thread = threading.Thread(target=lambda: asyncio.run(look()))
    thread.start()
    try:
        yield waits
    finally:
        ended.set()
        thread.join()
