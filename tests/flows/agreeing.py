"""Whether all that readers can ask of a dataset agrees with its model."""

from typing import Any

import httpx

from tests.flows.changing import Changing
from tests.flows.reading import GONE, LIMIT_MAX, by_content, counted, exported, faceted, grouped, row_of, searched, told
from tests.model import Counts, Outcome, Row, Upload

COUNTED = {"part", "note"}  # columns by which rows are counted, where there are such
WORD = "lines"


def agrees(changing: Changing) -> None:
    """The current version, each older one that is kept, the held one; and that others cannot be asked for."""
    model = changing.model
    for number, version in model.versions.items():
        if number != model.current:
            _older_agrees(changing, number, version.rows)
    if model.versions:
        _version_agrees(changing, model.current, model.rows)
    if model.held is not None:
        number, version = model.held
        _version_agrees(changing, number, version.rows, version=number)
    _complete_ones_are_in_the_current_version(changing)
    _what_is_gone_stays_gone(changing)


def counts_agree(upload: Upload, found: dict[str, Any], outcome: Outcome) -> None:
    assert (found["records"], found["rejects"]) == (len(upload.file.records), upload.rejects), found
    assert found["rows"] == found["indexed"] == len(upload.rows), found
    if not upload.key:  # nothing to count: each row is new
        return
    names = ("inserted", "updated", "unchanged", "duplicates", "removed", "deleted", "missing")
    assert Counts(*(found[name] for name in names)) == outcome.counts, found


def changes_agree(changing: Changing, number: int, outcome: Outcome) -> None:
    changes = _changes_of(changing.readers, changing.name, number)
    inserted = [row_of(each["values"]) for each in changes if each["change"] == "inserted"]
    updated = [(row_of(each["before"]["values"]), row_of(each["values"])) for each in changes if each["change"] == "updated"]
    removed = [row_of(each["values"]) for each in changes if each["change"] == "removed"]
    assert (inserted, removed) == (outcome.inserted, outcome.removed)
    assert [after for _, after in updated] == [after for _, after in outcome.updated]
    assert all(before in olds for (before, _), (olds, _) in zip(updated, outcome.updated, strict=True))


def _older_agrees(changing: Changing, number: int, rows: list[Row]) -> None:
    http, name = changing.readers, changing.name
    assert exported(http, name, version=number) == (number, rows)
    assert searched(http, name, version=number, limit=LIMIT_MAX) == (number, rows)


def _version_agrees(changing: Changing, number: int, rows: list[Row], **asked: Any) -> None:
    """Page by page, in each way that readers have."""
    http, name = changing.readers, changing.name
    assert exported(http, name, **asked) == (number, rows)
    assert searched(http, name, **asked) == (number, rows)
    for column in COUNTED & {column for row in rows for column in row}:
        counts = counted(rows, column)
        assert grouped(http, name, column, **asked) == (number, counts)
        del counts[None]
        assert faceted(http, name, column, **asked) == (number, counts)
    found = [row for row in rows if WORD in " ".join(row.values()).split()]
    assert by_content(searched(http, name, q=WORD, **asked)[1]) == by_content(found)


def _complete_ones_are_in_the_current_version(changing: Changing) -> None:
    asked: dict[str, Any] = {"dataset": changing.name, "state": "COMPLETE", "limit": LIMIT_MAX}
    complete = told(changing.http.get("/api/uploads", params=asked))["uploads"]
    assert {each["id"] for each in complete} == {each.id for each in changing.model.uploads}


def _what_is_gone_stays_gone(changing: Changing) -> None:
    http, name, model = changing.readers, changing.name, changing.model
    shown = {each["number"] for each in told(http.get(f"/api/datasets/{name}"))["versions"]}
    assert shown == set(model.versions)
    if not model.versions:
        assert http.get(f"/api/datasets/{name}/rows").status_code == 404
    held = set() if model.held is None else {model.held[0]}
    for number in set(range(1, model.newest + 2)) - shown - held:
        path = ("rows", "export", "groups")[number % 3]
        answer = http.get(f"/api/datasets/{name}/{path}", params={"version": number})
        assert answer.status_code in GONE, (number, path, answer.text)


def _changes_of(http: httpx.Client, dataset: str, number: int) -> list[dict[str, Any]]:
    """In pages of three."""
    changes: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = told(http.get(f"/api/datasets/{dataset}/versions/{number}/changes", params={"limit": 3, **cursor}))
        changes += page["changes"]
        if page["next_cursor"] is None:
            return changes
        cursor = {"cursor": page["next_cursor"]}
