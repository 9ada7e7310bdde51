"""Both homes of the search index against an oracle of plain Python, on values that an engine's fields are too small for: texts beyond a
keyword, decimals beyond a double, times beyond milliseconds, integers at the ends of 64 bits, years of two digits, zones."""

import csv
import io
import operator
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from backbone.errors import BadRequest
from backbone.model import Table, View
from backbone.query.ast import Search
from services.query.search.filters import parse_filter
from tests.contracts.test_search_index import Ground, column, facets, find, ground, home, numbers, place, walk  # noqa: F401

COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
    "eq": operator.eq,
}
ZONED = "%Y-%m-%dT%H:%M:%S%.6f%z"
LONG = "x" * 8_191
TEXTS = ["a", LONG, LONG + "y", LONG + "z", "x", "", "😀", "\uffee", "Ab", "aB"]
DECIMALS = [
    "0.3",
    "0.30000000000000000001",
    "0.30",
    "9" * 320,
    "-" + "0." + "0" * 330 + "1",
    "0",
    "123456789012345678",
    "123456789012345679",
    "-7.5",
    "",
]
INTEGERS = [str(2**63 - 1), str(-(2**63)), "0", "", str(2**53), str(2**53 + 1), "-1", "", "7", str(2**63 - 2)]
TIMES = [
    "2026-01-02T03:04:05.123456Z",
    "2026-01-02T03:04:05.123457Z",
    "2026-01-02T05:04:05.123456+02:00",
    "2026-01-02T03:04:05.123999Z",
    "",
    "1969-12-31T23:59:59.999999Z",
    "0001-01-02T00:00:00.000001Z",
    "2026-01-02T03:04:05.123400-05:30",
    "9999-12-30T23:59:59.999999Z",
    "2026-01-02T03:04:05.124000Z",
]
YEARS = ["1970-01-01", "1999-12-31", "2000-01-01", "", "2069-12-31", "1969-12-31", "2026-05-06", "1971-01-01", "2000-01-02", "1999-12-30"]
TABLE = Table(
    id=1,
    columns=(
        column("long"),
        column("exact", "decimal"),
        column("whole", "integer"),
        column("instant", "timestamp", ZONED),
        column("micro", "timestamp", "%d.%m.%Y %H:%M:%S%.6f"),
        column("short", "date", "%d/%m/%y"),
    ),
)


def naive(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


KEYS: dict[str, tuple[list[str], Callable[[str], Any]]] = {
    "long": (TEXTS, str.encode),
    "exact": (DECIMALS, Decimal),
    "whole": (INTEGERS, int),
    "instant": (TIMES, datetime.fromisoformat),
    "micro": ([naive(text).isoformat(sep=" ", timespec="microseconds") if text else "" for text in TIMES], datetime.fromisoformat),
    "short": (YEARS, date.fromisoformat),
}


def asked(name: str, text: str) -> str:
    """As the column's form has it, where it has one of its own."""
    if name == "micro":
        return f"{datetime.fromisoformat(text):%d.%m.%Y %H:%M:%S.%f}" if text[:4] >= "1000" else text
    return f"{date.fromisoformat(text):%d/%m/%y}" if name == "short" and "1969-12-31" < text < "2069" else text


def payload() -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for row in range(len(TEXTS)):
        writer.writerow([1, row, *(texts[row] for texts, _ in KEYS.values())])
    return out.getvalue().encode()


@pytest.fixture
async def view(ground: Ground) -> View:  # noqa: F811
    return await ground.load(TABLE, payload())


@pytest.mark.parametrize("name", list(KEYS))
async def test_filters_are_exact(ground: Ground, view: View, name: str) -> None:  # noqa: F811
    texts, key = KEYS[name]
    for text in filter(None, texts):
        if name == "short" and asked(name, text) == text:
            continue  # years that two digits cannot say
        for op, compared in COMPARED.items():
            found = numbers(await find(ground, view, filters=[f"{name}:{op}:{asked(name, text)}"]))
            assert found == [row for row, other in enumerate(texts) if other and compared(key(other), key(text))], (op, text[:50])
        different = numbers(await find(ground, view, filters=[f"{name}:ne:{asked(name, text)}"]))
        assert different == [row for row, other in enumerate(texts) if not other or key(other) != key(text)]


@pytest.mark.parametrize("name", list(KEYS))
@pytest.mark.parametrize("descending", [False, True])
async def test_sorts_are_exact_and_nulls_come_last(ground: Ground, view: View, name: str, descending: bool) -> None:  # noqa: F811
    texts, key = KEYS[name]
    there = {row: key(text) for row, text in enumerate(texts) if text}
    ordered = sorted(set(there.values()), reverse=descending)
    tied = [row for value in ordered for row in there if there[row] == value]
    sort = ("-" if descending else "") + name + (":binary" if name == "long" else "")
    assert await walk(ground, view, sort=sort, limit=3) == [*tied, *(row for row, text in enumerate(texts) if not text)]


@pytest.mark.parametrize("name", list(KEYS))
async def test_facets_are_exact(ground: Ground, view: View, name: str) -> None:  # noqa: F811
    texts, key = KEYS[name]
    counts = Counter(key(text) for text in texts if text)
    (values,) = await facets(ground, view, Search(), [f"{name}:top:100"])
    assert [count for _, count in values] == [count for _, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
    assert len(values) == len(counts)


RANGED = ["exact", "whole", "instant", "micro"]


@pytest.mark.parametrize("name", RANGED)
async def test_ranges_are_exact(ground: Ground, view: View, name: str) -> None:  # noqa: F811
    texts, key = KEYS[name]
    bounds = sorted({key(text): text for text in texts if text}.items())
    (ranges,) = await facets(ground, view, Search(), [f"{name}:ranges:{','.join(asked(name, text) for _, text in bounds)}"])
    ends: list[Any] = [None, *(end for end, _ in bounds), None]
    expected = [
        len([v for v in map(key, filter(None, texts)) if (low is None or v >= low) and (high is None or v < high)])
        for low, high in pairwise(ends)
    ]
    assert [count for _, _, count in ranges] == expected


async def test_long_texts_are_found_by_their_beginning_and_inside(ground: Ground, view: View) -> None:  # noqa: F811
    assert numbers(await find(ground, view, filters=["long:prefix:x"])) == [1, 2, 3, 4]
    assert numbers(await find(ground, view, filters=[f"long:prefix:{LONG}"])) == [1, 2, 3]
    assert numbers(await find(ground, view, filters=["long:contains:xz"])) == [3]
    assert numbers(await find(ground, view, filters=[f"long:in:{LONG}y,a"])) == [0, 2]
    assert numbers(await find(ground, view, filters=["long:contains:" + "x" * 500])) == [1, 2, 3]


async def test_other_versions_of_the_same_table_are_as_exact(ground: Ground) -> None:  # noqa: F811
    """What is known of one version says nothing of the next."""
    table = msgspec.structs.replace(TABLE, id=2, columns=(column("exact", "decimal"), column("whole", "integer")))
    view = await ground.load(table, f"1,1,0.3,5\n1,2,,\n2,3,0.{'3' * 30},{2**63 - 1}\n".encode())
    later = msgspec.structs.replace(view, version=2)
    for _ in range(2):
        assert numbers(await find(ground, view, filters=["exact:lte:0.3"])) == [1]
        assert numbers(await find(ground, later, filters=["exact:gt:0.3"])) == [3]
        assert numbers(await find(ground, later, sort="whole")) == [1, 3, 2]
        assert numbers(await find(ground, view, sort="whole")) == [1, 2]


ZONES: Sequence[tuple[str, datetime]] = [
    ("2024-01-01T00:00:05+05:00", datetime(2024, 1, 1, 0, 0, 5, tzinfo=timezone(timedelta(hours=5)))),
    ("2023-12-31T19:00:05.000Z", datetime(2023, 12, 31, 19, 0, 5, tzinfo=UTC)),
    ("2023-12-31T19:00:05", datetime(2023, 12, 31, 19, 0, 5, tzinfo=UTC)),
]


@pytest.mark.parametrize("format", ["%Y-%m-%dT%H:%M:%S%.3fZ", "%Y-%m-%dT%H:%M:%S%z"])
def test_zones_in_filters_are_converted(format: str) -> None:
    times = (column("ts", "timestamp", format),)
    read = [parse_filter(f"ts:gte:{text}", times).values[0] for text, _ in ZONES]
    assert {datetime.fromisoformat(text) for text in read} == {moment for _, moment in ZONES}


@pytest.mark.parametrize(
    ("type", "format", "value"),
    [
        ("timestamp", "%Y-%m-%d %H:%M:%S", "2024-01-01T00:00:05+05:00"),  # of which place the column's times are nobody knows
        ("timestamp", "%Y-%m-%d %H:%M:%S", "2024-01-01T00:00:05.5"),
        ("timestamp", "%Y-%m-%dT%H:%M:%S%.3fZ", "2024-01-01T00:00:05.1234Z"),
        ("timestamp", "%Y-%m-%dT%H:%M:%S%z", "2024-01-01T00:00:05.5Z"),
        ("timestamp", "%Y-%m-%dT%H:%M:%S%z", "0001-01-01T00:00:00+14:00"),
        ("date", None, "2024-01-01T12:00"),
        ("date", None, "2024-01-01T00:00:00Z"),
        ("date", None, "2024-W01"),
        ("date", None, "20240101"),
        ("integer", None, "１"),
        ("integer", None, "٣"),
        ("integer", None, str(2**63)),
        ("decimal", None, "٣.٥"),
        ("decimal", None, "9" * 17_000),
        ("decimal", None, "1e5"),
    ],
)
def test_what_a_column_cannot_hold_is_refused(type: Any, format: str | None, value: str) -> None:
    with pytest.raises(BadRequest) as refused:
        parse_filter(f"x:gte:{value}", (column("x", type, format),))
    assert len(refused.value.detail) < 400
