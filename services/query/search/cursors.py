"""Cursors of a search: opaque, signed, bound to a dataset, a version and the search itself. Pure.

A cursor brings its version along, so that all pages of a search come from one version, whatever is published meanwhile.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from backbone.errors import BadRequest
from backbone.model import Table
from backbone.query.fields import search_fields
from backbone.runtime.signed_tokens import seal, unseal

_BOUND: Final = ("rows",)
_START_AGAIN: Final = "Start again without cursor."


class Cursor(Struct, frozen=True):
    """Where to go on: in this version, behind the row at `after` (`Search.after`), or with `backward` before it.

    `ranking` is by what the rows were weighed (`ranking_of`); empty where they come in another order."""

    version: int
    after: tuple[str | int | float | bool | None, ...]
    backward: bool = False
    ranking: str = ""


def fingerprint(q: str, filters: Sequence[str], sort: str, fuzzy: bool = False) -> str:
    """Short, and different for different searches. The page size is no part of it: it may change from page to page."""
    return hashlib.sha256(msgspec.json.encode([q, list(filters), sort, fuzzy])).hexdigest()[:16]


def ranking_of(table: Table, typos_within: int | None = None) -> str:
    """What a score depends on besides the row and the query: other weights, another language, or with `fuzzy` more words that are known
    (`SearchIndex.typos_within`) order the rows otherwise."""
    settings = [[(field.name, field.weight) for field in search_fields(table)], table.language, typos_within]
    return hashlib.sha256(msgspec.json.encode(settings)).hexdigest()[:8]


def check_ranking(cursor: Cursor, table: Table, typos_within: int | None = None) -> None:
    """Raises `BadRequest`."""
    if cursor.ranking not in ("", ranking_of(table, typos_within)):
        detail = "The weights or the language of the dataset were changed, or more of its words are known, and with them the order."
        raise BadRequest("bad-cursor", f"{detail} {_START_AGAIN}")


def encode_cursor(key: bytes, *, dataset: str, search: str, cursor: Cursor) -> str:
    """`search` is the `fingerprint`."""
    return seal(key, _BOUND, [dataset, search, cursor.version, cursor.after, cursor.backward, cursor.ranking])


def decode_cursor(key: bytes, token: str, *, dataset: str, search: str) -> Cursor:
    """Raises `BadRequest` ("bad-cursor") for one that was changed, and for one of another dataset or search."""
    try:
        content: list[Any] = unseal(key, _BOUND, token)
    except BadRequest:
        raise BadRequest("bad-cursor", f"This cursor was not made here, or was changed on its way. {_START_AGAIN}") from None
    its_dataset, its_search, version, after, backward, ranking = content
    if its_dataset != dataset:
        raise BadRequest("bad-cursor", f"This cursor belongs to dataset {its_dataset}, not {dataset}. {_START_AGAIN}")
    if its_search != search:
        raise BadRequest("bad-cursor", f"This cursor belongs to another search: keep q, filter and sort as they were. {_START_AGAIN}")
    return Cursor(version, tuple(after), backward, ranking)
