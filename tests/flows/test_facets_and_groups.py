"""Facets, groups, and pages backward."""

from typing import Any

from tests.flows.pods import Rowmill

CARS = b"name,price,sold\nA,1.10,2026-01-01\nB,2.20,2026-02-01\nA,3.30,\nC,,2026-03-01\nA,0.10,2026-01-05\n"


def test_facets_count_all_that_the_search_finds(rowmill: Rowmill) -> None:
    rowmill.load(CARS, dataset="facets")
    page = rowmill.rows("facets", facet=["name", "price:ranges:1,3"], limit=1)
    assert page["facets"]["name"] == [{"value": "A", "count": 3}, {"value": "B", "count": 1}, {"value": "C", "count": 1}]
    assert [each["count"] for each in page["facets"]["price"]] == [1, 2, 1]
    assert rowmill.rows("facets", facet="name", filter="price:gt:2")["facets"]["name"][0] == {"value": "A", "count": 1}


def test_groups_add_up_to_the_last_digit(rowmill: Rowmill) -> None:
    rowmill.load(CARS, dataset="groups")
    with rowmill.readers as http:
        path = "/api/datasets/groups/groups"
        asked: dict[str, Any] = {"by": "name", "agg": "count,sum:price", "sort": "-count", "limit": 2}
        first = http.get(path, params=asked)
        assert first.status_code == 200, first.text
        assert b'"sum_price" : 4.50' in first.content or b'"sum_price":4.50' in first.content
        assert [(group["name"], group["count"]) for group in first.json()["groups"]] == [("A", 3), ("B", 1)]
        second = http.get(path, params={**asked, "cursor": first.json()["next_cursor"]}).json()
        assert (second["groups"], second["next_cursor"]) == ([{"name": "C", "count": 1, "sum_price": None}], None)
        assert http.get(path, params={**asked, "agg": "sum:name"}).status_code == 400


def test_pages_go_back_as_well(rowmill: Rowmill) -> None:
    rowmill.load(b"n\n" + b"".join(b"%d\n" % number for number in range(7)), dataset="backward")
    first = rowmill.rows("backward", limit=3)
    second = rowmill.rows("backward", limit=3, cursor=first["next_cursor"])
    back = rowmill.rows("backward", limit=3, cursor=second["previous_cursor"])
    assert first["previous_cursor"] is None
    assert [row["values"]["n"] for row in back["rows"]] == [0, 1, 2]
    assert back["previous_cursor"] is None
    assert [row["values"]["n"] for row in rowmill.rows("backward", limit=3, cursor=back["next_cursor"])["rows"]] == [3, 4, 5]
