"""Guards: what stops before readers see it, and what lets it pass."""

from typing import Any

import pytest
from msgspec import structs

from backbone.lifecycle.guards import Loaded, guard_loaded, guard_titles
from backbone.model import Column

PLAIN = Loaded(mode="append", records=10, rows=10, rejects=0, rows_before=100, options={})


def code(loaded: Loaded, **changes: Any) -> str | None:
    finding = guard_loaded(structs.replace(loaded, **changes))
    assert finding is None or finding.level == "stop"
    return finding.code if finding is not None else None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, None),
        ({"rows": 5, "rejects": 5}, None),  # half is not more than half
        ({"rows": 4, "rejects": 6}, "many-rejects"),
        ({"records": 1, "rows": 0, "rejects": 1}, "many-rejects"),
        ({"rows": 4, "rejects": 6, "options": {"max_rejects": "60%"}}, None),
        ({"rows": 9, "rejects": 1, "options": {"max_rejects": "0"}}, "many-rejects"),
        ({"rows": 0, "rejects": 10, "options": {"max_rejects": "100%"}}, None),
        ({"mode": "replace", "rows": 0, "rejects": 10, "options": {"max_rejects": "100%"}}, "no-rows"),
        ({"mode": "replace", "records": 0, "rows": 0}, "no-rows"),
        ({"mode": "replace", "records": 0, "rows": 0, "options": {"empty": True}}, None),
        ({"mode": "replace", "rows_before": 100}, None),
        ({"mode": "replace", "rows_before": 101}, "dataset-shrinks"),
        ({"mode": "replace", "rows_before": 101, "options": {"empty": True}}, "dataset-shrinks"),
        ({"mode": "replace", "rows_before": 101, "options": {"shrink": "allow"}}, None),
        ({"mode": "replace", "records": 1, "rows": 1, "rows_before": 19}, None),
        ({"mode": "upsert", "records": 1, "rows": 1}, None),
    ],
    ids=str,
)
def test_what_was_loaded(changes: dict[str, Any], expected: str | None) -> None:
    assert code(PLAIN, **changes) == expected


def columns(*titles: str) -> list[Column]:
    return [Column(name=f"column_{place}", title=title, type="text") for place, title in enumerate(titles)]


@pytest.mark.parametrize(
    ("before", "now", "options", "stops"),
    [
        (("sku", "price"), ("SKU ", "stock"), {}, False),
        (("编号", "名称"), ("价格", "数量"), {}, True),
        (("sku",), ("login",), {}, True),
        (("sku",), ("login",), {"shrink": "allow"}, False),
        ((), ("login",), {}, False),
    ],
)
def test_titles_of_a_replacement(before: tuple[str, ...], now: tuple[str, ...], options: dict[str, Any], stops: bool) -> None:
    finding = guard_titles(columns(*before), columns(*now), options)
    assert (finding is not None) == stops
