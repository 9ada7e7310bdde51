"""Requests that add, change and delete rows, as values. Pure; both clients send these."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from urllib.parse import quote

import msgspec

from rowmill.calls import Call, parameters, reader
from rowmill.shapes import Upload

Rows = Mapping[str, Any] | Sequence[Mapping[str, Any]] | bytes
"""One row or some, values by column (a `Decimal` keeps its digits, a date is ISO 8601, NaN is null); or their JSON."""
Method = Literal["POST", "PATCH", "DELETE"]


def edit(method: Method, dataset: str, rows: Rows, key: str | Sequence[str], version: int | None) -> Call[Upload]:
    """`version`: that the dataset must have; None: any."""
    body = rows if isinstance(rows, bytes) else msgspec.json.Encoder(decimal_format="number").encode(rows)
    mode = "upsert" if method == "POST" and key else None
    headers = {"Content-Type": "application/json", **({} if version is None else {"If-Match": f'"{version}"'})}
    path = f"/api/datasets/{quote(dataset, safe='')}/rows"
    return Call(method, path, reader(Upload), parameters({"mode": mode, "key": key or None}), body=body, headers=headers)
