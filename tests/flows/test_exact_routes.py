"""Rows, facets, groups and exports of one search agree, on values that a search engine's own fields are too small for; and what is compared
as text is told."""

from typing import Any

from tests.flows.pods import Rowmill

LONG = "x" * 9_000
EXACT = f"""n,long,exact,ts
1,{LONG},0.3,2024-01-01T00:00:05.123456Z
2,{LONG}y,0.30000000000000000001,2024-01-01T00:00:05.123457Z
3,short,{"9" * 320},2024-01-01T05:00:05.123456+05:00
9223372036854775807,Short,,
-9223372036854775808,,-0.{"0" * 330}1,2023-12-31T23:59:59.999999Z
,x,0.30,
""".encode()
FILTERS = [
    "exact:eq:0.3",
    "exact:lt:0",
    "exact:gt:0.3",
    "long:prefix:x",
    "long:contains:XY",
    "ts:gte:2024-01-01T00:00:05.123457Z",
    "ts:eq:2024-01-01T05:00:05.123456%2B05:00",
]
TEXT_NUMBERS = b'preis,sku\n"1.234,50",7\n"0,75",x\n"99,00",y\n'


def test_every_route_counts_the_same_rows(rowmill: Rowmill) -> None:
    rowmill.load(EXACT, dataset="exact-routes")
    base = "/api/datasets/exact-routes"
    with rowmill.readers as http:
        for filter in FILTERS:
            page = http.get(f"{base}/rows?filter={filter}&facet=long:top:100&fields=n").json()
            exported = http.get(f"{base}/export?filter={filter}&fields=n&format=ndjson").text.splitlines()
            (group,) = http.get(f"{base}/groups?filter={filter}&agg=count,count:long").json()["groups"]
            assert len(page["rows"]) == page["total"]["value"] == len(exported) == group["count"] > 0, filter
            assert sum(each["count"] for each in page["facets"]["long"]) == group["count_long"], filter
        order = [row["values"]["n"] for row in http.get(f"{base}/rows?sort=n").json()["rows"]]
        assert order == [-(2**63), 1, 2, 3, 2**63 - 1, None]
        refused = http.get(f"{base}/rows?filter=ts:gte:2024-01-01T00:00:05.1234567Z")
        assert refused.status_code == 400


def test_numbers_that_are_texts_are_said_to_be_compared_as_texts(rowmill: Rowmill) -> None:
    rowmill.load(TEXT_NUMBERS, dataset="text-numbers")

    def notes(path: str) -> list[tuple[Any, Any]]:
        with rowmill.readers as http:
            answer = http.get(f"/api/datasets/text-numbers/{path}")
            assert answer.status_code == 200, answer.text
            return [(each["code"], each["column"]) for each in answer.json()["notes"]]

    told = [("compared-as-text", "preis")]
    assert notes("rows?filter=preis:lt:100") == told
    assert notes("rows?sort=-preis") == told
    assert notes("groups?by=sku&filter=preis:gte:1.234,50") == told
    assert notes("rows?sort=sku&filter=sku:gte:a") == notes("rows?filter=preis:eq:0,75") == notes("rows") == []
