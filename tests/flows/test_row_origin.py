"""One row over HTTP: its values, its place in its file, its versions, and the history of its key."""

from typing import Any

import pytest

from tests.flows.pods import Rowmill
from tests.flows.test_verify import row_of, sql, table_of

MESSY = b'sku,name,price\ns1,"one\nor two",1.50\ns2,broken,1,2,3\n\ns3,plain,2.50\ns4,,\n'


def get_row(rowmill: Rowmill, dataset: str, row: object, status: int = 200, **parameters: Any) -> dict[str, Any]:
    with rowmill.readers as http:
        response = http.get(f"/api/datasets/{dataset}/rows/{row}", params=parameters)
        assert response.status_code == status, response.text
        return dict(response.json())


def test_a_row_tells_where_it_came_from(rowmill: Rowmill) -> None:
    upload = rowmill.load(MESSY, dataset="origin", file_name="messy.csv")
    found = get_row(rowmill, "origin", row_of(rowmill, "origin", "s3"))
    assert found["values"] == {"sku": "s3", "name": "plain", "price": 2.5}
    assert (found["visible"], found["from"], found["until"], found["history"]) == (True, 1, None, None)
    origin = found["origin"]
    # Record 2 was rejected, line 3 is inside a value, line 5 is blank.
    assert (origin["upload"], origin["file_name"], origin["version"], origin["record"], origin["line"]) == (
        upload["id"],
        "messy.csv",
        1,
        3,
        6,
    )
    assert MESSY[origin["offset"] :][: origin["length"]] == b"s3,plain,2.50\n"
    assert origin["chunk"]["number"] == 0 and origin["chunk"]["offset"] == MESSY.index(b"s1")


def test_an_older_version_and_rows_that_are_not(rowmill: Rowmill) -> None:
    rowmill.load(MESSY, dataset="replaced")
    rowmill.load(b"sku,name,price\ns9,new,1.0\n", dataset="replaced", mode="append")
    newer = row_of(rowmill, "replaced", "s9")
    assert get_row(rowmill, "replaced", newer)["visible"] is True
    assert get_row(rowmill, "replaced", newer, version=1)["visible"] is False
    assert get_row(rowmill, "replaced", newer)["origin"]["record"] == 1
    for wrong in (99 << 32, "x", "-1", "9" * 30):
        assert get_row(rowmill, "replaced", wrong, 404)["type"].endswith("no-such-row")
    assert get_row(rowmill, "no-such", newer, 404)["type"].endswith("no-such-dataset")


def test_a_file_of_another_encoding(rowmill: Rowmill) -> None:
    rowmill.load("sku,name\ns1,zwölf\ns2,Łódź\n".encode("utf-16"), dataset="utf16")
    origin = get_row(rowmill, "utf16", row_of(rowmill, "utf16", "s2"))["origin"]
    assert (origin["record"], origin["line"], origin["converted"]) == (2, 3, True)


def test_a_dataset_with_a_key_tells_what_was_before(rowmill: Rowmill) -> None:
    """The marks of an upsert are set by hand: what is shown here is the reading."""
    rowmill.load(MESSY, dataset="history")
    rowmill.load(b"sku,name,price\ns3,newer,3.50\ns3,newest,4.50\n", dataset="history")
    table = table_of(rowmill, "history")
    last = sql(rowmill, f"SELECT max(_row) FROM {table}")[0][0]
    sql(rowmill, f"UPDATE {table} SET _until = 2 WHERE sku = 's3' AND _row < {last}")
    sql(rowmill, "UPDATE uploads SET mode = 'upsert', key = '[\"sku\"]' WHERE dataset = 'history' AND version = 2")
    found = get_row(rowmill, "history", last)
    history = [(each["from"], each["until"], each["values"]["name"]) for each in found["history"]]
    assert history == [(1, 2, "plain"), (2, None, "newest")]  # "newer" was never seen by anybody
    older = get_row(rowmill, "history", found["history"][0]["row"])
    assert (older["visible"], older["until"], older["history"]) == (False, 2, found["history"])
    assert get_row(rowmill, "history", older["row"], version=1)["visible"] is True


@pytest.mark.parametrize("decimal", ["12345678901234567890.123456789"])
def test_every_digit_goes_out(rowmill: Rowmill, decimal: str) -> None:
    rowmill.load(f"sku,price\ns1,{decimal}\n".encode(), dataset="digits")
    with rowmill.readers as http:
        assert decimal in http.get(f"/api/datasets/digits/rows/{row_of(rowmill, 'digits', 's1')}").text
