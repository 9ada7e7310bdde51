"""The predicate of `View` as Elasticsearch reads it. Pure."""

from typing import Any as Json


def visible(version: int) -> Json:
    """Parts of a `bool` query: brought in this version or before, and not superseded in it or before."""
    return {"filter": [{"range": {"_from": {"lte": version}}}], "must_not": [{"range": {"_until": {"lte": version}}}]}
