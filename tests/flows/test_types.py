"""Types over several files of a dataset: what is declared is done or refused, and remembered; what no value has settled stays open."""

from typing import Any

import pytest

from tests.flows.pods import Rowmill


def values(rowmill: Rowmill, dataset: str, column: str, **parameters: Any) -> list[Any]:
    return [row["values"][column] for row in rowmill.rows(dataset, **parameters)["rows"]]


def exported(rowmill: Rowmill, dataset: str, **parameters: str) -> str:
    with rowmill.readers as http:
        answer = http.get(f"/api/datasets/{dataset}/export", params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.text


def types(rowmill: Rowmill, dataset: str) -> dict[str, str]:
    with rowmill.readers as http:
        return {column["name"]: column["type"] for column in http.get(f"/api/datasets/{dataset}").json()["columns"]}


def test_declared_as_text_a_column_becomes_text(rowmill: Rowmill) -> None:
    rowmill.load(b"zip,b\n10115,true\n", dataset="zips")
    rowmill.load(b"zip,b\n01067,yes\n", dataset="zips", types="zip:text,b:text")
    assert values(rowmill, "zips", "zip") == ["10115", "01067"]
    assert values(rowmill, "zips", "b") == ["true", "yes"]


def test_a_key_declared_as_text_is_another_key(rowmill: Rowmill) -> None:
    rowmill.load(b"sku,v\n7,old\n", dataset="skus", mode="upsert", key="sku")
    rowmill.load(b"sku,v\n007,new\n", dataset="skus", mode="upsert", key="sku", types="sku:text")
    assert dict(zip(values(rowmill, "skus", "sku"), values(rowmill, "skus", "v"), strict=True)) == {"7": "old", "007": "new"}


def test_a_declaration_that_the_column_cannot_take_is_refused(rowmill: Rowmill) -> None:
    rowmill.load(b"a\nx\n", dataset="refusing")
    failed = rowmill.wait(rowmill.upload(b"a\n5\n", dataset="refusing", types="a:integer"))
    assert (failed["state"], failed["error"]["type"]) == ("FAILED", "type-conflict")
    assert values(rowmill, "refusing", "a") == ["x"]


@pytest.mark.parametrize("mode", ["append", "replace"])
def test_a_declared_format_is_remembered(rowmill: Rowmill, mode: str) -> None:
    name = f"remembering-{mode}"
    rowmill.load(b"a;p\nx;1.234,50\n", dataset=name, types="p:decimal(1.234,56)")
    done = rowmill.load(b"a;p\ny;2.500\n", dataset=name, mode=mode)
    assert values(rowmill, name, "p")[-1] == 2500
    assert [finding["suggest"] for finding in done["findings"] if finding["code"] == "format-remembered"] == [
        {"option": "types", "value": "p:decimal(1.234,56)"}
    ]


def test_a_column_is_undecided_until_a_value_comes(rowmill: Rowmill) -> None:
    rowmill.load(b"a,n\n1,\n", dataset="undecided")
    rowmill.load(b"a,n\n2,\n", dataset="undecided")
    rowmill.load(b"a,n\n3,7\n", dataset="undecided")
    assert types(rowmill, "undecided") == {"a": "integer", "n": "integer"}
    assert values(rowmill, "undecided", "n") == [None, None, 7]
    assert values(rowmill, "undecided", "a", filter="n:gte:7") == [3]


ZONED = "t,n\n2026-01-02T10:11:12+02:00,1\n2026-01-02T09:11:12Z,2\n2026-01-02T00:00:00-0500,3\n2026-01-02T08:11:12+00,4\n"


def test_times_with_a_zone_are_instants_that_are_written_as_they_came(rowmill: Rowmill) -> None:
    rowmill.load(ZONED.encode(), dataset="zoned")
    assert types(rowmill, "zoned")["t"] == "timestamp"
    assert exported(rowmill, "zoned") == ZONED
    assert values(rowmill, "zoned", "n", sort="t,n") == [3, 1, 4, 2]
    assert values(rowmill, "zoned", "n", filter="t:lt:2026-01-02T09:11:12+01:00") == [3]
    assert values(rowmill, "zoned", "n", filter="t:eq:2026-01-02T08:11:12Z") == [1, 4]
    with rowmill.readers as http:
        groups = http.get("/api/datasets/zoned/groups", params={"by": "t", "agg": "count", "sort": "t"}).json()["groups"]
        assert [(group["t"], group["count"]) for group in groups][1] == ("2026-01-02T08:11:12Z", 2)
        assert http.get("/api/datasets/zoned/rows", params={"facet": "t:ranges"}).status_code == 200
        assert http.get("/api/datasets/zoned/export", params={"format": "parquet"}).status_code == 200


def test_a_suggested_option_does_what_it_says(rowmill: Rowmill) -> None:
    """Times of which only some have a fraction, and dates that are none."""
    text = b"t,d,n\n2026-01-02T10:11:12+02:00,2026-01-02,1\n2026-01-02T09:11:12.5Z,0000-00-00,2\n2026-01-02T08:11:12.25Z,2026-03-04,3\n"
    plain = rowmill.load(text, dataset="suggesting")
    suggested = {finding["suggest"]["option"]: finding["suggest"]["value"] for finding in plain["findings"] if finding["suggest"]}
    assert suggested == {"types": "t:timestamp(%Y-%m-%dT%H:%M:%S%.f%z)", "null": "d:0000-00-00"}
    rowmill.load(text, dataset="suggested", **suggested)
    assert types(rowmill, "suggested") == {"t": "timestamp", "d": "date", "n": "integer"}
    assert values(rowmill, "suggested", "n", sort="t") == [1, 3, 2]
    assert values(rowmill, "suggested", "n", filter="t:gt:2026-01-02T08:11:12.100Z", sort="n") == [2, 3]
    assert values(rowmill, "suggested", "d", sort="n") == ["2026-01-02", None, "2026-03-04"]


WRITTEN = "n;p;c;d;b\n1;12.5%;$1,234.00;03.11.2026;yes\n2;7%;($0.50);14.02.2026;no\n"
DECLARED = "p:decimal(12.5%),c:decimal(($1,234.56)),d:date(%d.%m.%Y),b:boolean(yes/no)"


def test_csv_gives_what_the_file_wrote_and_the_api_plain_values(rowmill: Rowmill) -> None:
    done = rowmill.load(WRITTEN.encode(), dataset="written", types=DECLARED, delimiter=";")
    assert done["rejects"] == 0
    assert exported(rowmill, "written") == WRITTEN.replace("($0.50)", "($0.50)").replace("$1,234.00", '"$1,234.00"').replace(";", ",")
    assert exported(rowmill, "written", canonical="true").splitlines()[1:] == [
        "1,12.5,1234.00,2026-11-03,true",
        "2,7,-0.50,2026-02-14,false",
    ]
    assert values(rowmill, "written", "d", filter="d:lt:2026-06-01") == ["2026-02-14"]
    assert values(rowmill, "written", "p", sort="c") == [7, 12.5]
