"""Rows of very long values cost no reader and no process more than a page's bytes: pages end where they are full, and go on by cursor."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from services.query.search.long_pages import PAGE_BYTES_MAX
from tests.attacks.watch import HEALTH_S_MAX, MEMORY_MIB_MAX, watched
from tests.databases import database
from tests.flows.pods import Rowmill, distributed, embedded

SIZES = [900_000] * 24 + [3_900_000] * 3  # bytes of a row's text
ROWS = len(SIZES)
AT_ONCE = 12


def cell(number: int) -> bytes:
    return f"{number:03d} teapot ".encode() + b"abcdefgh " * (SIZES[number] // 9)


@pytest.fixture(scope="module", params=[pytest.param("embedded"), pytest.param("distributed", marks=pytest.mark.stack)])
def long_rows(request: pytest.FixtureRequest) -> Iterator[Rowmill]:
    if request.param == "embedded":
        with embedded() as rowmill:
            yield loaded(rowmill)
        return
    stack = request.getfixturevalue("stack")
    with database(stack.postgres) as url, distributed(stack, url) as rowmill:
        yield loaded(rowmill)


def loaded(rowmill: Rowmill) -> Rowmill:
    content = b"id,text\n" + b"".join(b"%d,%s\n" % (number, cell(number)) for number in range(ROWS))
    rowmill.load(content, dataset="long")
    return rowmill


def pages(rowmill: Rowmill, **parameters: Any) -> Iterator[dict[str, Any]]:
    cursor = None
    while True:
        page = rowmill.rows("long", limit=1000, **parameters, **({"cursor": cursor} if cursor else {}))
        yield page
        if (cursor := page["next_cursor"]) is None:
            return


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"sort": "-text:binary"},
        pytest.param({"sort": "text"}, marks=pytest.mark.slow),  # a language's order folds all the text there is
        pytest.param({"q": "teapot", "highlight": True}, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_pages_end_where_they_are_full_and_go_on(long_rows: Rowmill, parameters: dict[str, Any]) -> None:
    seen: list[int] = []
    for page in pages(long_rows, **parameters):
        assert page["rows"] and sum(len(row["values"]["text"]) for row in page["rows"]) <= PAGE_BYTES_MAX
        seen += [row["values"]["id"] for row in page["rows"]]
        assert page["total"]["value"] == ROWS
        assert all(len(row["values"]["text"]) >= SIZES[row["values"]["id"]] for row in page["rows"])
    assert seen == (list(range(ROWS))[::-1] if parameters.get("sort", "").startswith("-") else list(range(ROWS)))


def test_a_page_before_ends_next_to_where_it_began(long_rows: Rowmill) -> None:
    first, second, third = (page for page, _ in zip(pages(long_rows), range(3), strict=False))
    back = long_rows.rows("long", limit=1000, cursor=third["previous_cursor"])
    assert back["rows"] == second["rows"]
    assert long_rows.rows("long", limit=1000, cursor=back["previous_cursor"])["rows"] == first["rows"]


def test_short_columns_of_long_rows_are_one_page(long_rows: Rowmill) -> None:
    page = long_rows.rows("long", limit=1000, fields="id", sort="-id")
    assert [row["values"] for row in page["rows"]] == [{"id": number} for number in reversed(range(ROWS))]


ASKED = {
    "rows": "/api/datasets/long/rows?limit=1000",
    "changes": "/api/datasets/long/versions/1/changes?limit=1000",
    "top values": "/api/datasets/long/rows?limit=1&facet=text:top:1000",
    "groups": "/api/datasets/long/groups?by=text&limit=1000",
    "order of a language": "/api/datasets/long/rows?limit=1000&sort=text",
    "marks": "/api/datasets/long/rows?limit=1000&q=w*&highlight=true",
    "search everywhere": "/api/search?q=teapot&limit=20",
}
SLOW = ("groups", "order of a language", "marks", "search everywhere")  # PostgreSQL reads all the text for them


@pytest.mark.parametrize("asked", [pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else []) for name in ASKED])
def test_long_rows_cost_a_bounded_memory(long_rows: Rowmill, asked: str) -> None:
    pod = long_rows.pods.get("query") or long_rows.pods["all"]

    def ask(_: int) -> tuple[int, int]:
        with httpx.Client(base_url=pod.url, timeout=60) as http:
            answer = http.get(ASKED[asked], headers={"Accept-Encoding": "identity"})
            return answer.status_code, len(answer.content)

    with watched(f"long rows: {asked}, {long_rows.home}", pod) as cost, ThreadPoolExecutor(AT_ONCE) as pool:
        for status, size in pool.map(ask, range(AT_ONCE)):
            cost.answers[status] += 1
            assert size <= PAGE_BYTES_MAX * 1.1
    assert set(cost.answers) <= ({200, 400, 429, 503} if asked in SLOW else {200}), cost.answers
    assert cost.peak_mib <= MEMORY_MIB_MAX
    assert cost.worst_live_s <= HEALTH_S_MAX
