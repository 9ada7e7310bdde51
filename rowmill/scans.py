"""A dataset as a lazy frame of polars: what a query needs of it is asked of the server, part by part, when the query runs."""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import httpx

from rowmill import calls
from rowmill.answers import check_answer, read_answer
from rowmill.calls import Call
from rowmill.pushed_filters import filters_of
from rowmill.shapes import Dataset

if TYPE_CHECKING:
    import polars as pl

PART_ROWS: Final = 200_000  # of one request, where the number of parts is not said
PARTS_MAX: Final = 1_000  # as the API's


@dataclass(frozen=True)
class Scan:
    """Which rows of which dataset, of one version."""

    dataset: str
    q: str
    filters: Sequence[str]
    fields: str | Sequence[str]  # names or titles; all columns when empty
    version: int
    parts: int

    def schema_call(self) -> Call[bytes]:
        """An export of no rows: its columns have the types that they have in every part of this version."""
        return Call("GET", calls.export(self.dataset, "parquet", "", {}).path, bytes, [*self._asked((), self.fields), ("before_row", "0")])

    def parts_call(self, filters: Sequence[str], fields: Sequence[str]) -> Call[Any]:
        path = calls.export(self.dataset, "parquet", "", {}).path
        return Call("GET", path, calls.reader(dict[str, Any]), [*self._asked(filters, fields), ("parts", str(self.parts))])

    def _asked(self, filters: Sequence[str], fields: str | Sequence[str]) -> list[tuple[str, str]]:
        options = {"q": self.q or None, "filter": [*self.filters, *filters], "fields": fields or None, "version": self.version}
        return calls.parameters({"format": "parquet", **options})


def scan_of(
    dataset: Dataset, q: str, filter: str | Sequence[str], fields: str | Sequence[str], version: int | None, parts: int | None
) -> Scan:
    """Raises `ValueError`."""
    if parts is not None and not 1 <= parts <= PARTS_MAX:
        raise ValueError(f"parts is {parts}; there may be 1 to {PARTS_MAX:,}")
    filters = (filter,) if isinstance(filter, str) and filter else tuple(filter)
    by_size = min(PARTS_MAX, max(1, -(-(dataset.rows or 0) // PART_ROWS)))
    return Scan(dataset.name, q, filters, fields, version or dataset.version, parts or by_size)


def blocking(http: httpx.Client | httpx.AsyncClient, is_ours: bool) -> httpx.Client:
    """What a query reads through: polars waits for rows in threads of its own, where there is no event loop. Raises `ValueError`."""
    if isinstance(http, httpx.Client):
        return http
    if not is_ours:
        raise ValueError("a lazy frame is read without an event loop: with an http client of your own, scan with rowmill.Client")
    return httpx.Client(base_url=http.base_url, timeout=http.timeout, headers=http.headers)


def lazy_frame(http: httpx.Client, scan: Scan, empty: bytes) -> "pl.LazyFrame":
    """`empty`: the answer to `schema_call`. Raises `ImportError` without polars. While a query runs, `Problem` and httpx's
    errors come as polars hands them on."""
    import polars as pl
    from polars.io.plugins import register_io_source

    schema = pl.read_parquet(io.BytesIO(empty)).schema

    def frames(with_columns: list[str] | None, predicate: "pl.Expr | None", n_rows: int | None, _: int | None) -> Iterator[pl.DataFrame]:
        names = with_columns or (list(schema)[:1] if with_columns is not None else list(schema))
        filters = [] if predicate is None else filters_of(predicate, schema)
        left = n_rows
        for part in _parts(http, scan.parts_call(filters, names)):
            frame = pl.read_parquet(io.BytesIO(part))
            frame = frame if predicate is None else frame.filter(predicate)
            frame = frame if left is None else frame.head(left)
            left = None if left is None else left - frame.height
            yield frame
            if left == 0:
                return
        yield pl.DataFrame(schema={name: schema[name] for name in names})

    return register_io_source(frames, schema=dict(schema), explain_name="ROWMILL", explain_detail=f"{scan.dataset} version {scan.version}")


def _parts(http: httpx.Client, call: Call[Mapping[str, Any]]) -> Iterator[bytes]:
    """Parquet files, one after the other: one is in memory at a time."""
    listed = read_answer(call, http.request(call.method, call.path, params=list(call.parameters)))
    for part in listed["parts"]:
        answer = http.get(part["url"])
        check_answer(answer)
        yield answer.content
