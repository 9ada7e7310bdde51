"""What Elasticsearch says when it does not do what it was asked, in our own words. Pure."""

from typing import Final

import msgspec
from elasticsearch import ApiError
from msgspec import Struct

from backbone.errors import BadRequest, NotFound, Unavailable

BAD_REQUEST: Final = 400
TOO_MANY_REQUESTS: Final = 429
IS_AWAY: Final = (TOO_MANY_REQUESTS, 502, 503, 504)


class QueryTooComplex(BadRequest):
    """For Elasticsearch."""


class Overloaded(Unavailable):
    """429: not away, only not now."""


class Refusal(Struct):
    type: str = ""
    reason: str | None = None

    def __str__(self) -> str:
        return f"{self.type}: {self.reason or 'no reason given'}"


class _ErrorCause(Struct):
    type: str = ""
    root_cause: list[Refusal] = []


class _ErrorBody(Struct):
    error: _ErrorCause


def translated(error: ApiError) -> Exception:
    kind = error_type(error)
    if kind == "index_not_found_exception":
        return NotFound("no-index", "There is no search index for this dataset.")
    if kind in ("too_many_clauses", "too_many_nested_clauses", "too_complex_to_determinize_exception"):
        return QueryTooComplex("query-too-complex", "Elasticsearch finds this query too complex. Use fewer or longer words.")
    if error.status_code in IS_AWAY:
        return (Overloaded if error.status_code == TOO_MANY_REQUESTS else Unavailable)("elasticsearch", f"{error.status_code} {kind}")
    return error


def error_type(error: ApiError) -> str:
    """Of the root cause where there is one: a search that failed on its shards says so, not why."""
    try:
        cause = msgspec.json.decode(error.body, type=_ErrorBody).error
    except (msgspec.DecodeError, TypeError):
        return ""
    return cause.root_cause[0].type if cause.root_cause else cause.type
