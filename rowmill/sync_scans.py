"""A dataset as a lazy frame. Generated from `async_scans.py` by `make client`: change that one."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import httpx

from rowmill import calls
from rowmill.calls import Call, T
from rowmill.scans import blocking, lazy_frame, scan_of


class ScanMethods(ABC):
    """Needs polars."""

    _http: httpx.Client
    _is_ours: bool

    @abstractmethod
    def _ask(self, call: Call[T]) -> T: ...

    def scan(
        self,
        dataset: str,
        q: str = "",
        *,
        filter: str | Sequence[str] = (),
        fields: str | Sequence[str] = (),
        version: int | None = None,
        parts: int | None = None,
    ) -> Any:
        """The rows that a search finds as a `polars.LazyFrame` of one version, the newest now if none is named. Nothing is fetched before a
        query runs; then only the columns that it needs, and where it compares one with a constant of its type, only the rows that fit.
        They come in `parts` (about 200,000 rows each if not said), one of them in memory at a time. Raises `Problem`, `ValueError`."""
        http = blocking(self._http, self._is_ours)
        scan = scan_of(self._ask(calls.dataset(dataset, version)), q, filter, fields, version, parts)
        return lazy_frame(http, scan, self._ask(scan.schema_call()))
