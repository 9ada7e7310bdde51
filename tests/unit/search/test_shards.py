"""How many shards an index gets; and that the most frequent values which the shards name are only told where they are the most frequent of all."""

import random
from collections import Counter
from typing import Any

import msgspec
import pytest

from backbone.model import Column, Table, View
from backbone.query.ast import Facet, Search
from backbone.rows.shards import SHARDS_MAX, Size, has_outgrown, shards_for
from backbone.search.elasticsearch import facets as facets_module
from backbone.search.elasticsearch.facets import count_facets

NAME = Column(name="name", title="name", type="text")
SHARDS = 3
TABLE = Table(id=1, columns=(NAME,), shards=SHARDS)


def test_rows_or_their_bytes_say_how_many() -> None:
    many = 20_000_000
    assert [shards_for(Size(rows, 100 * rows), many) for rows in (0, 1, many, many + 1, 5 * many)] == [1, 1, 1, 2, 5]
    assert [shards_for(Size(many, size * many), many) for size in (1_500, 1_501, 4_500)] == [1, 2, 3]
    assert shards_for(Size(10**12, 0), many) == SHARDS_MAX
    assert shards_for(Size(10**12, 10**15), 0) == 1


def test_one_that_has_doubled_moves_and_then_not_before_it_has_doubled_again() -> None:
    shards, moves = 1, 0
    for rows in range(100, 10_000, 10):
        needed = shards_for(Size(rows, 0), 100)
        if has_outgrown(shards, needed):
            assert needed > 2 * shards
            shards, moves = needed, moves + 1
        assert rows <= 2 * shards * 100
    assert moves == 5


def answer_of(shards: list[Counter[str]], body: dict[str, Any]) -> bytes:
    """What Elasticsearch answers to `terms`, in order of counts and then of values, and what it says of its errors."""
    terms = body["aggs"]["0"]["terms"]
    lists, errors = [], []
    for shard in shards:
        known = [value for value in shard if value in terms.get("include", shard)]
        ordered = sorted(known, key=lambda value: (-shard[value], value))
        named = max(terms["size"], terms["shard_size"])
        lists.append({value: shard[value] for value in ordered[:named]})
        errors.append(shard[ordered[named - 1]] if len(ordered) >= named else 0)  # as many as it may: there might be more
    counts = sum(map(Counter, lists), Counter[str]())
    first = sorted(counts, key=lambda value: (-counts[value], value))[: terms["size"]]
    buckets = [{"key": value, "doc_count": counts[value]} for value in first]
    return msgspec.json.encode({"aggregations": {"0": {"doc_count_error_upper_bound": sum(errors), "buckets": buckets}}})


async def told(shards: list[Counter[str]], top: int) -> tuple[list[tuple[str, int]] | None, int]:
    """The most frequent values, where it is certain; and by how many requests."""
    asked = 0

    async def ask(body: Any) -> bytes:
        nonlocal asked
        asked += 1
        return answer_of(shards, msgspec.json.decode(msgspec.json.encode(body)))

    view = View(dataset="d", table=TABLE, version=1)
    (counts,) = await count_facets(view, Search(), [Facet(column=NAME, top=top)], ask)
    return None if counts is None else [(msgspec.json.decode(one.value or b""), one.count) for one in counts], asked


@pytest.mark.parametrize("seed", range(400))
async def test_what_is_told_is_exact(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = random.Random(seed)
    monkeypatch.setattr(facets_module, "BESIDE", drawn.choice((0, 1, 5, 50)))
    monkeypatch.setattr(facets_module, "NAMED_BY_EACH_SHARD", drawn.choice((1, 3, 10, 100)))
    kinds, steep = drawn.choice((3, 10, 60)), drawn.choice((0.3, 1.0, 3.0))
    shards: list[Counter[str]] = [Counter() for _ in range(SHARDS)]
    for _ in range(drawn.choice((5, 100, 1_000))):
        value = int(kinds * drawn.random() ** steep)
        # A value may lie in one shard alone, so that it leads there and is missing elsewhere.
        shards[drawn.randrange(SHARDS) if drawn.random() < 0.5 else value % SHARDS][f"v{value:02}"] += 1
    top = drawn.choice((1, 3, 10))
    found, _ = await told(shards, top)
    whole = sum(shards, Counter[str]())
    assert found in (None, sorted(whole.items(), key=lambda one: (-one[1], one[0]))[:top])


async def test_a_steep_one_is_told_although_not_all_values_were_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facets_module, "NAMED_BY_EACH_SHARD", 300)
    monkeypatch.setattr(facets_module, "BESIDE", 100)
    shards = [Counter({f"v{value:03}": 1_000 // (value + 1) for value in range(400)}) for _ in range(SHARDS)]
    assert await told(shards, 10) == ([(f"v{value:03}", SHARDS * (1_000 // (value + 1))) for value in range(10)], 2)


async def test_all_different_values_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facets_module, "NAMED_BY_EACH_SHARD", 300)
    monkeypatch.setattr(facets_module, "BESIDE", 100)
    shards = [Counter({f"v{value * SHARDS + shard:05}": 1 for value in range(400)}) for shard in range(SHARDS)]
    assert await told(shards, 10) == (None, 1)


async def test_where_the_shards_name_all_values_one_request_tells() -> None:
    shards = [Counter({"red": 3, "blue": shard}) for shard in range(SHARDS)]
    assert await told(shards, 10) == ([("red", 9), ("blue", 3)], 1)
