"""Readers hammer a dataset while its versions change: every answer belongs entirely to one version, and so do all pages of a walk.

Each record carries the version that brought it, and what a version has to show is known to the last row. Answers are only collected while
things change, and judged afterwards.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import msgspec
import pytest

from tests.flows.changing import Changing
from tests.flows.pods import Rowmill
from tests.flows.reading import GONE, LIMIT_MAX, by_content, counted, rows_of, rows_of_csv, text_of, version_of_export
from tests.model import File, Row

COLUMNS: Final = ("id", "brought_by", "size", "note")
PAGE_ROWS: Final = 41  # three pages and more of the rows that a walk meets
TIMEOUT_S: Final = 60.0
WITHDRAWN: Final = ("urn:rowmill:problem:no-such-version", "urn:rowmill:problem:version-gone")

Answer = tuple[int, Any]  # the version that it is of, and what was found


class Refused(Exception):  # noqa: N818 -- not an error of the test: it is judged
    def __init__(self, answer: httpx.Response, walking: int | None) -> None:
        super().__init__(f"{answer.status_code} {answer.text}")
        self.status = answer.status_code
        self.type = str(answer.json().get("type"))
        self.walking = walking  # the version that a walk was under way in


@dataclass(frozen=True)
class Question:
    ask: Callable[[httpx.AsyncClient, str], Awaitable[Answer]]
    expected: Callable[[list[Row]], Any]


async def get(http: httpx.AsyncClient, path: str, walking: int | None = None, **parameters: Any) -> httpx.Response:
    answer = await http.get(path, params=parameters)
    if answer.status_code != 200:
        raise Refused(answer, walking)
    return answer


async def walk(http: httpx.AsyncClient, dataset: str, **parameters: Any) -> Answer:
    path = f"/api/datasets/{dataset}/rows"
    page = (await get(http, path, limit=PAGE_ROWS, **parameters)).json()
    version, rows = page["version"], rows_of(page)
    while page["next_cursor"] is not None:
        page = (await get(http, path, walking=version, limit=PAGE_ROWS, cursor=page["next_cursor"], **parameters)).json()
        assert page["version"] == version
        rows += rows_of(page)
    return version, rows


async def walk_sorted(http: httpx.AsyncClient, dataset: str) -> Answer:
    return await walk(http, dataset, sort="-id,brought_by")


async def search(http: httpx.AsyncClient, dataset: str) -> Answer:
    page = (await get(http, f"/api/datasets/{dataset}/rows", q="blue", limit=LIMIT_MAX)).json()
    return page["version"], [page["total"]["value"], by_content(rows_of(page))]


async def facets(http: httpx.AsyncClient, dataset: str) -> Answer:
    """One answer with rows, total and counts, which have to agree."""
    page = (await get(http, f"/api/datasets/{dataset}/rows", facet="brought_by", limit=LIMIT_MAX)).json()
    counts = {text_of(each["value"]): each["count"] for each in page["facets"]["brought_by"]}
    return page["version"], [page["total"]["value"], rows_of(page), sorted(counts.items())]


async def groups(http: httpx.AsyncClient, dataset: str) -> Answer:
    page = (await get(http, f"/api/datasets/{dataset}/groups", by="brought_by", agg="count", limit=LIMIT_MAX)).json()
    return page["version"], sorted((group["brought_by"], group["count"]) for group in page["groups"])


async def export(http: httpx.AsyncClient, dataset: str) -> Answer:
    answer = await get(http, f"/api/datasets/{dataset}/export")
    return version_of_export(answer), rows_of_csv(answer.text)


def blue(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if "blue" in row["note"]]


def by_version(rows: Iterable[Row]) -> list[tuple[str, int]]:
    return sorted((str(value), count) for value, count in counted(rows, "brought_by").items())


QUESTIONS: Final[dict[str, Question]] = {
    "walk": Question(walk, lambda rows: rows),
    "walk sorted": Question(
        walk_sorted, lambda rows: sorted(sorted(rows, key=lambda row: row["brought_by"]), key=lambda row: row["id"], reverse=True)
    ),
    "search": Question(search, lambda rows: [len(blue(rows)), by_content(blue(rows))]),
    "facets": Question(facets, lambda rows: [len(rows), rows, by_version(rows)]),
    "groups": Question(groups, by_version),
    "export": Question(export, lambda rows: rows),
}


@dataclass
class Readers:
    """One of each kind, asking without a pause. Answers that are the same are kept once."""

    dataset: str
    answers: set[tuple[str, int, bytes]] = field(default_factory=set)
    refusals: list[tuple[str, Refused]] = field(default_factory=list)
    rounds: Counter[str] = field(default_factory=Counter)
    turned: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def read(self, http: httpx.AsyncClient, kind: str) -> None:
        while True:
            try:
                version, found = await QUESTIONS[kind].ask(http, self.dataset)
                self.answers.add((kind, version, msgspec.json.encode(found)))
            except Refused as refusal:
                self.refusals.append((kind, refusal))
            async with self.turned:
                self.rounds[kind] += 1
                self.turned.notify_all()

    async def go_round(self) -> None:
        """Until each has begun and ended a question that was asked after now."""
        before = self.rounds.copy()
        async with asyncio.timeout(TIMEOUT_S), self.turned:
            await self.turned.wait_for(lambda: all(self.rounds[kind] >= before[kind] + 2 for kind in QUESTIONS))

    def seen(self, kind: str) -> set[int]:
        return {version for its_kind, version, _ in self.answers if its_kind == kind}


@asynccontextmanager
async def reading(rowmill: Rowmill, dataset: str) -> AsyncIterator[Readers]:
    """Raises what a reader raised."""
    readers = Readers(dataset)
    async with httpx.AsyncClient(base_url=rowmill.readers.base_url, timeout=TIMEOUT_S) as http, asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(readers.read(http, kind)) for kind in QUESTIONS]
        await readers.go_round()
        yield readers
        await readers.go_round()
        for task in running:
            task.cancel()


def file(name: str, numbers: Iterable[int], *, size: str = "7") -> File:
    """A line break in every third record; every other one is blue."""
    notes = ("blue", "red\nlines", "green, blue", "grey")
    return File(COLUMNS, tuple((f"k{number:04}", name, size, notes[number % len(notes)]) for number in numbers))


def begin(changing: Changing) -> None:
    changing.load(file("v1", range(60)))
    changing.load(file("v2", range(30, 90, 2)), mode="upsert", key="id")


def publish(changing: Changing) -> Iterator[None]:
    changing.load(file("v3", range(90, 120)))
    yield
    changing.load(file("v4", range(0, 150, 3)), mode="upsert", key="id")
    yield
    changing.load(file("v5", range(50, 70)), mode="replace")
    yield
    changing.load(file("v6", range(40, 60)), mode="upsert", key="id")


def hold(changing: Changing) -> Iterator[None]:
    changing.hold(changing.send(file("v3", range(0, 120, 3)), mode="upsert", key="id", hold="true"))
    yield
    changing.publish()
    yield
    changing.hold(changing.send(file("v4", range(0, 120, 2)), mode="upsert", key="id", hold="true"))
    yield
    changing.discard()
    yield
    changing.hold(changing.send(file("v5", range(20)), mode="replace", hold="true"))
    changing.publish()


def undo(changing: Changing) -> Iterator[None]:
    changing.load(file("v3", range(0, 120, 2)), mode="upsert", key="id")
    yield
    changing.undo()
    changing.load(file("v4", range(120, 150)))  # waits for the cleaning
    yield
    changing.undo()
    yield
    changing.load(file("v5", range(9)), mode="replace")
    yield
    changing.undo()


def removal(changing: Changing) -> Iterator[None]:
    changing.load(file("v3", range(0, 100, 3)), mode="upsert", key="id")
    yield
    changing.remove(changing.model.uploads[1])
    yield
    changing.load(file("v5", range(90, 120)))
    changing.remove(changing.model.uploads[0])


def retype(changing: Changing) -> Iterator[None]:
    changing.load(file("v3", range(80, 110), size="n/a"), retype="true")
    yield
    changing.load(file("v4", range(0, 110, 2), size="none"), mode="upsert", key="id")


def repair(changing: Changing) -> Iterator[None]:
    changing.load(file("v3", range(80, 110)), mode="upsert", key="id")
    for _ in range(2):
        yield
        changing.repair()


@pytest.mark.parametrize("change", [publish, hold, undo, removal, retype, repair], ids=lambda change: change.__name__)
async def test_every_answer_is_of_one_version(small_chunks: Rowmill, change: Callable[[Changing], Iterator[None]]) -> None:
    with Changing.begin(small_chunks, f"readers-{change.__name__}") as changing:
        begin(changing)
        async with reading(small_chunks, changing.name) as readers:
            steps = change(changing)
            while await asyncio.to_thread(next, steps, "end") is None:
                await readers.go_round()
        judge(readers, changing)
    await asyncio.to_thread(small_chunks.verify, changing.name)


def judge(readers: Readers, changing: Changing) -> None:
    for kind, version, found in readers.answers:
        assert version in changing.shown, f"{kind} was told of version {version}, which was never published"
        expected = msgspec.json.encode(QUESTIONS[kind].expected(changing.shown[version]))
        assert found == expected, f"{kind} saw something else than version {version}"
    for kind, refusal in readers.refusals:
        assert refusal.walking in changing.shown.keys() - changing.model.versions.keys(), f"{kind}: {refusal}"
        assert refusal.status in GONE and refusal.type in WITHDRAWN, f"{kind}: {refusal}"
    for kind in QUESTIONS:
        assert {2, changing.model.current} <= readers.seen(kind), f"{kind} saw only {readers.seen(kind)}"
