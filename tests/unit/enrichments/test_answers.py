"""What stands in an answer to a look-up, in a list, and what becomes of it as fields of a row."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.catalog.enrichment_values import FailedLookups, Outcome, Tally
from backbone.columns.written_number import Number
from backbone.errors import BadRequest
from backbone.model import Column, Table
from backbone.outgoing.addresses import Refused
from services.upload.enrichments.answers import AMBIGUOUS, MISSING, ListIndex, at_path, outcome_of, read_answer
from services.upload.enrichments.column_kinds import ColumnKinds
from services.upload.enrichments.counts import EnrichmentCounts, Unfit, findings_of, with_tally
from services.upload.enrichments.settings import define, read_place, url_for
from services.upload.enrichments.target import find_target


def fields_of(content: Any, fields: list[str], record: str = "") -> list[Any]:
    outcome = outcome_of(content if isinstance(content, bytes) else json.dumps(content).encode(), record, fields, empty_is_missing=True)
    assert outcome.state == "FOUND", outcome
    return read_answer(outcome.answer or "")


def test_fields_keep_every_digit_and_what_json_says_they_are() -> None:
    content = (
        b'{"name": {"common": "007"}, "area": 1.10, "big": 12345678901234567890.10, "on": true, "tags": ["a", {"b": 1.0}], "no": null}'
    )
    cells = fields_of(content, ["name.common", "area", "big", "on", "tags", "no", "absent"])
    assert cells == ["007", "1.10", "12345678901234567890.10", True, '["a",{"b":1.0}]', None, None]
    assert [isinstance(cell, Number) for cell in cells] == [False, True, True, False, False, False, False]


@pytest.mark.parametrize(
    ("value", "path", "there"),
    [
        ({"a": {"b": 1}}, "a.b", 1),
        ({"a.b": 2, "a": {"b": 1}}, "a.b", 2),
        ({"a": [{"b": 3}]}, "a.0.b", 3),
        ({"a": [{"b": 3}]}, "a.1.b", None),
        ({"a": "b"}, "a.b", None),
        ({"a": 1}, "", {"a": 1}),
    ],
)
def test_a_path_leads_to_a_member_or_to_nothing(value: Any, path: str, there: Any) -> None:
    assert at_path(value, path) == there


@pytest.mark.parametrize(
    ("content", "record", "state"),
    [
        (b"", "", "MISSING"),
        (b" ", "", "MISSING"),
        (b"[]", "", "MISSING"),
        (b"{}", "", "MISSING"),
        (b"null", "", "MISSING"),
        (b'{"data": []}', "data", "MISSING"),
        (b'{"error": "x"}', "data", "MISSING"),
        (b'[{"a": 1}]', "", "FOUND"),
        (b'{"data": [{"a": 1}]}', "data", "FOUND"),
        (b'[{"a": 1}, {"a": 1}]', "", "FAILED"),  # which of them nobody can say
        (b"<html>", "", "FAILED"),
        (b'{"a": ', "", "FAILED"),
        (b'"text"', "", "FAILED"),
        (b'{"a": NaN}', "", "FAILED"),
        (b'{"a": 1, "a": 2}', "", "FAILED"),  # nobody can say which
        (b'{"a": "\\u0000"}', "", "FAILED"),
        (b'{"a": "\\ud800"}', "", "FAILED"),
        (b'{"a": "' + b"x" * 20_000 + b'"}', "", "FAILED"),
        (b"[" * 100_000, "", "FAILED"),
        (b'{"a": "\xff"}', "", "FAILED"),
    ],
)
def test_nothing_is_missing_and_what_cannot_be_told_has_failed(content: bytes, record: str, state: str) -> None:
    assert outcome_of(content, record, ["a"], empty_is_missing=True).state == state
    if state == "MISSING":
        assert outcome_of(content, record, ["a"], empty_is_missing=False).state == "FAILED"


@given(st.text())
def test_whatever_is_answered_has_an_outcome(text: str) -> None:
    assert outcome_of(text.encode("utf-8", "surrogatepass"), "", ["a"], empty_is_missing=True).state in ("FOUND", "MISSING", "FAILED")


def test_a_list_is_joined_by_the_text_of_its_key() -> None:
    index = ListIndex("id", ["name"])
    records = [
        b'{"id": "a", "name": "A"}',
        b'{"id": "a", "name": "A", "more": 1}',  # the same as far as it matters
        b'{"id": 7, "name": "seven"}',
        b'{"id": "07", "name": "other"}',
        b'{"id": 1.0, "name": "one"}',
        b'{"id": "b", "name": "B"}',
        b'{"id": "b", "name": "C"}',
        b'{"id": null, "name": "D"}',
        b'{"id": "", "name": "E"}',
        b'{"name": "F"}',
        b'{"id": ["x"], "name": "G"}',
    ]
    index.add(records)
    assert index.outcome("a").answer == '["A"]'
    assert (index.outcome("7").answer, index.outcome("07").answer, index.outcome("1.0").answer) == ('["seven"]', '["other"]', '["one"]')
    assert index.outcome("1") == index.outcome("A") == index.outcome("a ") == MISSING
    assert index.outcome("b") == Outcome(state="FAILED", reason=AMBIGUOUS)
    assert (index.keyless, list(index.ambiguous)) == (4, ["b"])


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy")), max_size=6))
def test_the_order_of_a_list_does_not_matter(pairs: list[tuple[str, str]]) -> None:
    def index(pairs: list[tuple[str, str]]) -> list[Outcome]:
        made = ListIndex("id", ["name"])
        made.add([json.dumps({"id": key, "name": name}).encode() for key, name in pairs])
        return [made.outcome(key) for key in "abc"]

    assert index(pairs) == index(pairs[::-1])


def test_a_value_goes_into_the_url_as_one_name() -> None:
    url = "https://api.example/v1/{value}?of={value}"
    assert url_for(url, "a/b?c#d&e f%ü") == "https://api.example/v1/a%2Fb%3Fc%23d%26e%20f%25%C3%BC?of=a%2Fb%3Fc%23d%26e%20f%25%C3%BC"
    for value in (".", ".."):
        with pytest.raises(Refused):
            url_for(url, value)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example/v1/",
        "https://{value}.example/",
        "https://api.example{value}/",
        "https://{value}/x",
        "ftp://api.example/{value}",
        "https://me:secret@api.example/{value}",
        "https://api.example:{value}/",
    ],
)
def test_what_is_no_url_of_look_ups_is_refused(url: str) -> None:
    with pytest.raises((BadRequest, Refused)):
        read_place("lookup", {"url": url})


@pytest.mark.parametrize(
    ("column", "fields"),
    [("country", {}), ("country", {"a": "X", "b": "x "}), ("Country", {"name": "country"}), ("country", {"": "X"}), ("country", {"a": ""})],
)
def test_what_is_no_definition_is_refused(column: str, fields: dict[str, str]) -> None:
    with pytest.raises(BadRequest):
        define(column, fields, {"url": "https://api.example/{value}"})


def test_new_columns_get_the_types_that_json_says() -> None:
    columns = tuple(Column(name=name, title=name, type="text", undecided=True) for name in "abcdef")
    kinds = ColumnKinds((*columns, Column(name="g", title="g", type="text")))
    kinds.note([["1", True, Number("1"), Number("1"), None, Number("1"), Number("1")]])
    kinds.note([["2", None, Number("2"), Number("2.50"), None, "x", Number("2")]])
    decided = kinds.decide()
    assert [column.type for column in decided] == ["text", "boolean", "integer", "decimal", "text", "text", "text"]
    assert [column.undecided for column in decided] == [False, False, False, False, True, False, False]


def test_fields_go_to_columns_of_their_titles_and_never_to_the_one_that_is_looked_up() -> None:
    table = Table(id=1, columns=(Column(name="code", title="Code", type="text"), Column(name="land", title="Land", type="text")))
    target = find_target(define("CODE", {"a": "land", "b": "Area"}, {"url": ""}), table)
    assert (target.column.name, [column.name for column in target.columns], target.known) == ("code", ["land", "area"], (0,))
    with pytest.raises(BadRequest):
        find_target(define("code", {"a": "CODE "}, {"url": ""}), table)
    with pytest.raises(BadRequest):
        find_target(define("none", {"a": "x"}, {"url": ""}), table)


def test_what_failed_is_told_with_its_reasons_and_is_not_missing() -> None:
    tally = Tally(found=3, missing=2, failed=1, reasons=(FailedLookups(reason="The API answers 500.", count=1, samples=("x",)),))
    unfit = Unfit()
    unfit.note("a", "price: 'n/a' is no decimal.")
    unfit.note("a", "price: 'n/a' is no decimal.")
    counts = with_tally(EnrichmentCounts(rows=9), tally, unfit)
    assert (counts.rows, counts.found, counts.missing, counts.failed, len(counts.reasons)) == (9, 2, 2, 2, 2)
    failed, missing = findings_of("names", "country", counts)
    assert (failed.code, failed.level, failed.count) == ("lookups-failed", "warning", 2)
    assert (missing.code, missing.level, missing.count) == ("lookups-missing", "info", 2)
    assert any("500" in place.text for place in failed.places)
    assert findings_of("names", "country", EnrichmentCounts(rows=9, found=9)) == []
