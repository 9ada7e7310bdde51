"""Reads the documents of an index back, by `_row` and all of one moment: the requests and their answers. Pure.

A point in time holds what the index was when it was opened, and gives documents of one `_row` an order, which none can be lost in.
"""

from typing import Any as Json
from typing import Final

import msgspec
from msgspec import Struct

from backbone.model import StoredRow

KEEP_ALIVE: Final = "2m"  # longer than anybody takes for a block


class _Found(Struct, rename={"id": "_id", "source": "_source"}):
    id: str
    source: msgspec.Raw
    sort: tuple[int, ...]


class _Hits(Struct):
    hits: list[_Found]


class _Answer(Struct):
    hits: _Hits
    pit_id: str


class Block(Struct, frozen=True):
    rows: list[StoredRow]
    after: tuple[int, ...]
    point: str
    size_bytes: int


_read_answer = msgspec.json.Decoder(_Answer).decode
_read_source = msgspec.json.Decoder(StoredRow, strict=False).decode


def range_query(first_row: int, last_row: int) -> Json:
    return {"range": {"_row": {"gte": first_row, "lt": last_row}}}


def block_body(point: str, first_row: int, last_row: int, limit: int, after: tuple[int, ...] | None) -> Json:
    body: dict[str, Json] = {
        "size": limit,
        "query": range_query(first_row, last_row),
        "sort": [{"_row": "asc"}],
        "pit": {"id": point, "keep_alive": KEEP_ALIVE},
        "track_total_hits": False,
    }
    if after is not None:
        body["search_after"] = list(after)
    return body


def read_block(answer: bytes) -> Block:
    read = _read_answer(answer)
    hits = read.hits.hits
    rows = [msgspec.structs.replace(_read_source(hit.source), id=hit.id) for hit in hits]
    return Block(rows, hits[-1].sort if hits else (), read.pit_id, len(answer))
