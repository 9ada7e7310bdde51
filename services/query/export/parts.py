"""An export in parts that can be fetched side by side: their URLs, all of one version. Pure."""

from collections.abc import Sequence
from urllib.parse import urlencode

from msgspec import Struct

from backbone.model import View


class ExportPart(Struct, frozen=True, kw_only=True):
    """`rows`: how many there are before `q` and `filter` choose among them."""

    url: str
    rows: int


class ExportParts(Struct, frozen=True, kw_only=True):
    dataset: str
    version: int
    parts: list[ExportPart]


def parts_of(view: View, path: str, asked: Sequence[tuple[str, str]], parts: Sequence[tuple[int, int]]) -> ExportParts:
    """`parts`: of each its first row, and how many it has. `asked`: the parameters of the request."""
    kept = [(name, value) for name, value in asked if name not in ("parts", "version")]
    ends = [*(first for first, _ in parts[1:]), None]
    urls = [
        f"{path}?{urlencode([*kept, ('version', view.version), ('from_row', first), *([] if end is None else [('before_row', end)])])}"
        for (first, _), end in zip(parts, ends, strict=True)
    ]
    return ExportParts(
        dataset=view.dataset,
        version=view.version,
        parts=[ExportPart(url=url, rows=rows) for url, (_, rows) in zip(urls, parts, strict=True)],
    )
