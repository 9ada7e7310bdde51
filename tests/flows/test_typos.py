"""What people type: a search that finds nothing says what may have been meant, and `fuzzy=true` finds it at once."""

from typing import Any

import pytest

from tests.flows.pods import Rowmill, wait_for

PRODUCTS = b"name,colour\nTeapot,blue\nDepot,red\nTepot,green\nTeapot lid,red\n"


@pytest.fixture
def stocked(rowmill: Rowmill) -> Rowmill:
    rowmill.load(PRODUCTS, dataset="mistyped", mode="replace")
    return rowmill


def search(rowmill: Rowmill, q: str, **parameters: str) -> dict[str, Any]:
    with rowmill.readers as http:
        answer = http.get("/api/datasets/mistyped/rows", params={"q": q, **parameters})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.parametrize(
    ("q", "suggestions"),
    [
        ("taepot", ["teapot", "tepot"]),
        ("Blue taepot", ["Blue teapot"]),
        ("blu taepot", []),  # words of three letters are not corrected
        ("gren", ["green"]),
        ("gren name:tepot", ["green name:tepot"]),
        ("xyzzy", []),
        ("taepot -lid", ["teapot -lid", "tepot -lid"]),
    ],
)
def test_nothing_found_gives_suggestions_that_find_something(stocked: Rowmill, q: str, suggestions: list[str]) -> None:
    body = search(stocked, q)
    assert (body["rows"], body["suggestions"]) == ([], suggestions)
    for suggestion in suggestions:
        assert search(stocked, suggestion)["rows"]


def test_suggestions_keep_to_the_filter(stocked: Rowmill) -> None:
    assert search(stocked, "taepot", filter="colour:eq:green")["suggestions"] == ["tepot"]
    assert search(stocked, "tepot", filter="colour:eq:red")["suggestions"] == []  # it is a word of the dataset
    assert search(stocked, "tepot")["suggestions"] == []


def test_fuzzy_finds_the_exact_word_first(stocked: Rowmill) -> None:
    assert [row["values"]["name"] for row in search(stocked, "tepot")["rows"]] == ["Tepot"]
    found = search(stocked, "tepot", fuzzy="true", highlight="true")
    assert [row["values"]["name"] for row in found["rows"]] == ["Tepot", "Teapot", "Depot", "Teapot lid"]
    assert found["rows"][1]["highlight"] == {"name": ["<mark>Teapot</mark>"]}
    first = search(stocked, "tepot", fuzzy="true", limit="2")
    rest = search(stocked, "tepot", fuzzy="true", limit="2", cursor=first["next_cursor"])
    assert [row["values"]["name"] for row in rest["rows"]] == ["Depot", "Teapot lid"]


def test_words_of_late_rows_are_found_too_and_until_then_it_is_told(rowmill: Rowmill) -> None:
    many = b"name\n" + b"".join(b"kettle %d\n" % number for number in range(50_001)) + b"teapot\n"
    rowmill.load(many, dataset="mistyped-late", mode="replace")
    with rowmill.readers as http:
        asked = {"q": "taepot", "fuzzy": "true", "limit": "1"}
        few = http.get("/api/datasets/mistyped-late/rows", params={**asked, "fuzzy": "false"}).json()
        answers: list[dict[str, Any]] = []

        def all_are_looked_through() -> bool:
            answers.append(http.get("/api/datasets/mistyped-late/rows", params=asked).json())
            return not answers[-1]["notes"]

        wait_for(all_are_looked_through, 60, "the words of all rows are known")
    assert {note["code"] for answer in answers for note in answer["notes"]} <= {"typos-of-first-rows"}
    assert [row["values"]["name"] for row in answers[-1]["rows"]] == ["teapot"]
    assert few["notes"] == []
