"""How a dataset is searched is found from its file, told, and said otherwise by PATCH: in both homes the same order."""

import pytest

from tests.flows.pods import Rowmill

PRODUCTS = """product,code,colour,description
Mug,teapot-1,red,{long} A mug for those who have no cup.
Teapot,b-2,red,{long} What tea is made in.
Cup,c-3,teapot,{long} Goes with the mug.
Lid,d-4,red,{long} Closes a teapot or a mug.
Spoon,e-5,red,{long} Stirs.
""".format(long="Words and words " * 20)


@pytest.fixture
def weighed(rowmill: Rowmill) -> Rowmill:
    rowmill.load(PRODUCTS.encode(), dataset="weighed", mode="replace")
    return rowmill


def names(rowmill: Rowmill, **parameters: str) -> list[str]:
    with rowmill.readers as http:
        answer = http.get("/api/datasets/weighed/rows", params=parameters)
    assert answer.status_code == 200, answer.text
    return [row["values"]["product"] for row in answer.json()["rows"]]


def weights(rowmill: Rowmill) -> dict[str, int]:
    with rowmill.readers as http:
        return {column["name"]: column["weight"] for column in http.get("/api/datasets/weighed").json()["columns"]}


def test_titles_then_short_and_different_values_then_others_then_prose(weighed: Rowmill) -> None:
    assert weights(weighed) == {"product": 8, "code": 4, "colour": 2, "description": 1}
    assert names(weighed, q="teapot") == ["Teapot", "Mug", "Cup", "Lid"]


def test_weights_are_obeyed_at_once_and_taken_back(weighed: Rowmill) -> None:
    with weighed.readers as http:
        first = http.get("/api/datasets/weighed/rows", params={"q": "teapot", "limit": 1})
        changed = http.patch("/api/datasets/weighed", json={"weights": {"colour": 10, "product": 1}})
        assert (changed.status_code, changed.json()["weights"]) == (200, {"colour": 10, "product": 1})
        again = http.get("/api/datasets/weighed/rows", params={"q": "teapot", "limit": 1}, headers={"If-None-Match": first.headers["etag"]})
        assert again.status_code == 200
        behind = http.get("/api/datasets/weighed/rows", params={"q": "teapot", "limit": 1, "cursor": first.json()["next_cursor"]})
        assert (behind.status_code, behind.json()["type"]) == (400, "urn:rowmill:problem:bad-cursor")
        assert names(weighed, q="teapot") == ["Cup", "Mug", "Teapot", "Lid"]
        assert weights(weighed) == {"product": 1, "code": 4, "colour": 10, "description": 1}
        back = http.patch("/api/datasets/weighed", json={"weights": {"colour": None, "product": None}})
        assert back.json()["weights"] == {}
    assert names(weighed, q="teapot") == ["Teapot", "Mug", "Cup", "Lid"]


@pytest.mark.parametrize("said", [{"nobody": 3}, {"product": 0}, {"product": 11}, {"product": "much"}])
def test_a_weight_that_cannot_be_is_refused(weighed: Rowmill, said: dict[str, object]) -> None:
    with weighed.readers as http:
        assert http.patch("/api/datasets/weighed", json={"weights": said}).status_code == 400
    assert weights(weighed)["product"] == 8
