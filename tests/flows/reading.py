"""Reads all of a dataset, in each way that readers have, as rows of the model: texts, and nothing where there is no value."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

import httpx

from tests.model import Row

PAGE_ROWS = 7
LIMIT_MAX = 1000
GONE = (404, 409, 410)  # what may be answered about a version that is no more


def searched(http: httpx.Client, dataset: str, *, limit: int = PAGE_ROWS, **parameters: Any) -> tuple[int, list[Row]]:
    """The version, and the rows of all its pages."""
    page = told(http.get(f"/api/datasets/{dataset}/rows", params={"limit": limit, **parameters}))
    version, rows = page["version"], rows_of(page)
    assert page["total"] == {"value": page["total"]["value"], "relation": "eq"}
    while page["next_cursor"] is not None:
        page = told(http.get(f"/api/datasets/{dataset}/rows", params={"limit": limit, **parameters, "cursor": page["next_cursor"]}))
        assert page["version"] == version
        rows += rows_of(page)
    assert page["total"]["value"] == len(rows)
    return version, rows


def exported(http: httpx.Client, dataset: str, **parameters: Any) -> tuple[int, list[Row]]:
    answer = http.get(f"/api/datasets/{dataset}/export", params=parameters)
    assert answer.status_code == 200, answer.text
    return version_of_export(answer), rows_of_csv(answer.text)


def grouped(http: httpx.Client, dataset: str, column: str, **parameters: Any) -> tuple[int, Counter[str | None]]:
    page = told(http.get(f"/api/datasets/{dataset}/groups", params={"by": column, "agg": "count", "limit": LIMIT_MAX, **parameters}))
    assert page["next_cursor"] is None
    return page["version"], Counter({text_of(group[column]): group["count"] for group in page["groups"]})


def faceted(http: httpx.Client, dataset: str, column: str, **parameters: Any) -> tuple[int, Counter[str | None]]:
    """Of the values that are there; a facet has no count for none."""
    page = told(http.get(f"/api/datasets/{dataset}/rows", params={"facet": f"{column}:top:100", "limit": 1, **parameters}))
    return page["version"], Counter({text_of(each["value"]): each["count"] for each in page["facets"][column]})


def counted(rows: Iterable[Row], column: str) -> Counter[str | None]:
    """What `grouped` has to find."""
    return Counter(row.get(column) for row in rows)


def by_content(rows: Iterable[Row]) -> list[list[tuple[str, str]]]:
    """In an order of their own: by relevance they come in any."""
    return sorted(sorted(row.items()) for row in rows)


def told(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def rows_of(page: dict[str, Any]) -> list[Row]:
    return [row_of(row["values"]) for row in page["rows"]]


def row_of(values: dict[str, Any]) -> Row:
    return {name: str(value) for name, value in values.items() if value is not None}


def rows_of_csv(text: str) -> list[Row]:
    header, *records = csv.reader(io.StringIO(text, newline=""))
    assert all(len(record) == len(header) for record in records)
    return [{name: cell for name, cell in zip(header, record, strict=True) if cell} for record in records]


def version_of_export(answer: httpx.Response) -> int:
    found = re.search(r"-v(\d+)\.csv", answer.headers["content-disposition"])
    assert found is not None, answer.headers
    return int(found[1])


def text_of(value: Any) -> str | None:
    return None if value is None else str(value)
