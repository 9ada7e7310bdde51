"""The parts of Elasticsearch's answers that are looked at. Pure."""

import msgspec
from msgspec import Struct

from backbone.search.elasticsearch.refusals import Refusal
from backbone.search.port import Total


class Source(Struct):
    values: msgspec.Raw


class Found(Struct, rename={"source": "_source", "score": "_score", "id": "_id"}):
    sort: tuple[str | int | float | bool | None, ...]
    id: str
    score: float | None = None
    source: Source | None = None


class Hits(Struct):
    hits: list[Found]
    total: Total


class Searched(Struct):
    hits: Hits


class SearchedOne(Struct):
    """Without hits it was refused, or its index is not there."""

    hits: Hits | None = None


class SearchedMany(Struct):
    responses: list[SearchedOne]


class Shards(Struct, frozen=True):
    failed: int = 0


class Refreshed(Struct, rename={"shards": "_shards"}):
    shards: Shards = Shards()


class Counted(Refreshed):
    count: int = 0


class Opened(Struct):
    id: str


class Done(Struct, rename={"id": "_id"}):
    id: str
    status: int
    error: Refusal | None = None


class Bulked(Struct):
    errors: bool


class BulkedItems(Struct):
    items: list[dict[str, Done]]
