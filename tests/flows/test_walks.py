"""Walks through the pages of a search while others publish: each row once, all of one version, which stays while it is walked through."""

from typing import Any

import httpx

from tests.flows.pods import Rowmill


def page(http: httpx.Client, dataset: str, **parameters: Any) -> httpx.Response:
    return http.get(f"/api/datasets/{dataset}/rows", params={"limit": 5, **parameters})


def test_a_walk_by_relevance_while_a_publisher_runs_repeats_and_loses_nothing(rowmill: Rowmill) -> None:
    """The publisher keeps two versions only, and what it appends has both words: scores that count frequencies would change."""
    lines = [f"apple {number}" if number < 10 else f"pie {number}" if number < 20 else f"other {number}" for number in range(70)]
    rowmill.load("\n".join(["text", *lines, ""]).encode(), dataset="walked-by-relevance", mode="append")
    with rowmill.readers as http:
        assert http.patch("/api/datasets/walked-by-relevance", json={"versions_kept": 2}).status_code == 200
        parameters: dict[str, Any] = {"q": "apple OR pie"}
        walked, scores = [], []
        while True:
            answer = page(http, "walked-by-relevance", **parameters)
            assert answer.status_code == 200, answer.text
            body = answer.json()
            assert (body["version"], body["total"]["value"]) == (1, 20)
            walked += [row["values"]["text"] for row in body["rows"]]
            scores += [row["score"] for row in body["rows"]]
            if body["next_cursor"] is None:
                break
            parameters["cursor"] = body["next_cursor"]
            rowmill.load(b"text\n" + b"apple pie\n" * 200, dataset="walked-by-relevance", mode="append")
    assert sorted(walked) == sorted(lines[:20])
    assert scores == sorted(scores, reverse=True)


def test_a_cursor_of_a_version_that_is_no_more_says_so(rowmill: Rowmill) -> None:
    rowmill.load(b"text\n1\n", dataset="unwalked", mode="append")
    second = rowmill.load(b"text\n" + b"2\n" * 20, dataset="unwalked", mode="append")
    with rowmill.readers as http, rowmill.uploads as uploads:
        cursor = page(http, "unwalked").json()["next_cursor"]
        assert uploads.post(f"/api/uploads/{second['id']}/undo").status_code == 200
        gone = page(http, "unwalked", cursor=cursor)
    assert (gone.status_code, gone.json()["type"]) == (410, "urn:rowmill:problem:version-gone")
    assert "without cursor" in gone.json()["detail"]
