"""ETags: a version never changes, so what was read of it once need not be sent again. Pure.

A tag tells of the dataset, its table, the version, the columns, how words are searched, and the request, never of the answer: it is
known before any work is done.
Answers of a search are tagged as weak: the same rows, but scores may differ in their last digit while an engine merges its segments.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from backbone.model import View

SHAPES: Final = 2  # counted up when the same request gets an answer of another shape
NO_CACHE: Final = "no-cache"  # keep it, but ask before showing it: another version may have been published


def tag_of_view(view: View, request: Sequence[Any], *, weak: bool = True) -> str:
    columns = [(column.name, column.title, column.type, column.format, column.weight) for column in view.table.columns]
    return _tag([SHAPES, view.dataset, view.table.id, view.version, columns, view.table.language, list(request)], weak)


def tag_of_content(content: bytes) -> str:
    """For what belongs to no version."""
    return _tag([SHAPES, content], weak=True)


def is_known(if_none_match: str | None, tag: str) -> bool:
    """Whether the client has it already, by RFC 9110's weak comparison."""
    if if_none_match is None:
        return False
    known = [candidate.strip().removeprefix("W/") for candidate in if_none_match.split(",")]
    return "*" in known or tag.removeprefix("W/") in known


def _tag(parts: Sequence[Any], weak: bool) -> str:
    digest = hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:32]
    return f'{"W/" if weak else ""}"{digest}"'
