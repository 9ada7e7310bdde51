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


REVIEWS = """text
The teapots are for the table and it is what you want in the morning.
A teapot that is made of iron and not of tin: this is for life.
This one was running out of tea by the time that I was at the door.
She runs with it to the station and it is not hot by then.
"""


def texts(rowmill: Rowmill, dataset: str, **parameters: str) -> list[str]:
    with rowmill.readers as http:
        answer = http.get(f"/api/datasets/{dataset}/rows", params=parameters)
    assert answer.status_code == 200, answer.text
    return [row["values"]["text"].split(" ")[1] for row in answer.json()["rows"]]


def test_words_are_found_in_their_other_forms_behind_the_exact_ones(rowmill: Rowmill) -> None:
    done = rowmill.load(REVIEWS.encode(), dataset="reviews", mode="replace")
    assert [finding["code"] for finding in done["findings"]] == ["language-found"]
    with rowmill.readers as http:
        assert http.get("/api/datasets/reviews").json()["language"] == "english"
        found = http.get("/api/datasets/reviews/rows", params={"q": "runs", "highlight": "true"}).json()["rows"]
        assert [row["score"] for row in found] == [8, 4]
        assert "<mark>running</mark>" in found[1]["highlight"]["text"][0]
        groups = http.get("/api/datasets/reviews/groups", params={"q": "teapots", "by": "text"}).json()["groups"]
        export = http.get("/api/datasets/reviews/export", params={"q": "teapots", "format": "ndjson"}).text
        assert len(groups) == len(export.splitlines()) == 2
    assert texts(rowmill, "reviews", q="teapot") == ["teapot", "teapots"]
    assert texts(rowmill, "reviews", q="teapots") == ["teapots", "teapot"]
    assert texts(rowmill, "reviews", q="-teapot") == ["one", "runs"]
    assert texts(rowmill, "reviews", q='"teapots are"') == ["teapots"]


def test_another_language_is_obeyed_at_once(rowmill: Rowmill) -> None:
    rowmill.load(REVIEWS.encode(), dataset="unstemmed", mode="replace", language="none")
    with rowmill.readers as http:
        assert http.get("/api/datasets/unstemmed").json()["language"] == "none"
        assert texts(rowmill, "unstemmed", q="teapots") == ["teapots"]
        assert http.patch("/api/datasets/unstemmed", json={"language": "english"}).json()["language"] == "english"
        assert texts(rowmill, "unstemmed", q="teapots") == ["teapots", "teapot"]
        assert http.patch("/api/datasets/unstemmed", json={"language": "german"}).status_code == 200
        assert texts(rowmill, "unstemmed", q="running") == ["one"]
        assert http.patch("/api/datasets/unstemmed", json={"language": "klingon"}).status_code == 400
        assert http.patch("/api/datasets/unstemmed", json={"language": "found"}).json()["language"] is None
        assert http.get("/api/datasets/unstemmed").json()["language"] == "english"


def test_groups_are_pinned_for_everybody_and_settings_are_told(weighed: Rowmill) -> None:
    pin = {"title": "By colour", "chart": "bars", "by": "colour", "agg": "count", "q": "mug", "filter": ["colour:ne:blue"]}
    with weighed.readers as http:
        assert (
            http.patch("/api/datasets/weighed", json={"pins": [pin, {"title": "Lines", "by": "code", "chart": "line"}]}).status_code == 200
        )
        told = http.get("/api/datasets/weighed").json()
        assert told["pins"] == [pin, {"title": "Lines", "chart": "line", "by": "code", "agg": "count", "q": "", "filter": []}]
        for bad in ({"title": "", "by": "a"}, {"title": "x"}, {"title": "x", "by": "a", "chart": "pie"}, {"title": "x" * 201, "by": "a"}):
            assert http.patch("/api/datasets/weighed", json={"pins": [bad]}).status_code == 400
        assert http.patch("/api/datasets/weighed", json={"pins": [pin] * 25}).status_code == 400
        assert http.patch("/api/datasets/weighed", json={"pins": []}).status_code == 200
        changed = {"versions_kept": 7, "language": "german"}
        assert http.patch("/api/datasets/weighed", json=changed).status_code == 200
        said = http.get("/api/datasets/weighed").json()
        assert (said["pins"], said["versions_kept"], said["language_given"], said["language"]) == ([], 7, "german", "german")
        assert http.patch("/api/datasets/weighed", json={"language": "found"}).status_code == 200
        assert http.get("/api/datasets/weighed").json()["language_given"] is None
