"""A mixed load of readers, as an asyncio client: how long their requests take, and how many fail."""

import asyncio
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

READERS: Final = 4
PAUSE_S: Final = 0.02  # of a reader between two requests: people and programs look at what they got
TIMEOUT_S: Final = 30.0

Ask = Callable[[random.Random, str], dict[str, Any]]


@dataclass
class Latencies:
    """Of one kind of request, in milliseconds."""

    taken_ms: list[float] = field(default_factory=list)
    errors: int = 0

    def figures(self) -> list[str]:
        if len(self.taken_ms) < 2:
            return [str(len(self.taken_ms)), "", "", "", str(self.errors)]
        cuts = statistics.quantiles(self.taken_ms, n=100, method="inclusive")
        return [f"{len(self.taken_ms):,}", *(f"{cuts[place - 1]:.1f}" for place in (50, 95, 99)), str(self.errors)]


def asks(words: Sequence[str], names: Sequence[str]) -> dict[str, Ask]:
    """Kinds of requests, by name; each makes parameters for `rows`."""
    return {
        "two words": lambda chance, _: {"q": " ".join(chance.sample(words, 2))},
        "one word, highlights": lambda chance, _: {"q": chance.choice(words), "highlight": "true"},
        "filter": lambda chance, _: {"filter": f"name:eq:{chance.choice(names)}"},
        "sorted": lambda chance, _: {"filter": f"name:eq:{chance.choice(names)}", "sort": "-sku"},
        "two words, sorted": lambda chance, _: {"q": " ".join(chance.sample(words, 2)), "sort": "name"},
        "next page": lambda _, cursor: {"cursor": cursor},
    }


async def load(url: str, dataset: str, kinds: dict[str, Ask], stop: Callable[[], bool]) -> dict[str, Latencies]:
    """Until `stop` says so."""
    found = {name: Latencies() for name in kinds}
    async with httpx.AsyncClient(base_url=url, timeout=TIMEOUT_S) as http:
        path = f"/api/datasets/{dataset}/rows"
        cursor = (await http.get(path)).json()["next_cursor"]
        await asyncio.gather(*(_reader(http, path, cursor, kinds, found, stop, random.Random(number)) for number in range(READERS)))
    return found


async def _reader(
    http: httpx.AsyncClient,
    path: str,
    cursor: str,
    kinds: dict[str, Ask],
    found: dict[str, Latencies],
    stop: Callable[[], bool],
    chance: random.Random,
) -> None:
    while not stop():
        name = chance.choice(list(kinds))
        started = time.perf_counter()
        try:
            answer = await http.get(path, params=kinds[name](chance, cursor))
            answer.raise_for_status()
            found[name].taken_ms.append((time.perf_counter() - started) * 1000)
        except httpx.HTTPError:
            found[name].errors += 1
        await asyncio.sleep(PAUSE_S)
