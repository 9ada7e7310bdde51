"""Into how many shards the search index of a table is parted: as many as its rows need, by their number and by their bytes. Pure.

An index keeps the shards that it was made with, so each of them may grow to twice of what it is for before the table moves to another index:
a table that grows by little and little moves each time that it has doubled, and not with each file.
"""

from typing import Final

from msgspec import Struct

ROW_BYTES: Final = 1_500  # of an average row, beyond which bytes count and not rows: 30 GB where a shard is for 20 million rows
SHARDS_MAX: Final = 100  # of one index; a node of Elasticsearch takes 1,000 of all
OUTGROWN: Final = 2  # times what the shards are for


class Size(Struct, frozen=True):
    rows: int
    size_bytes: int

    def __add__(self, other: "Size") -> "Size":
        return Size(self.rows + other.rows, self.size_bytes + other.size_bytes)


def shards_for(size: Size, shard_rows_max: int) -> int:
    """`shard_rows_max`: that a shard is for; 0: any, so that one is enough."""
    if shard_rows_max <= 0:
        return 1
    by_rows = -(-size.rows // shard_rows_max)
    by_bytes = -(-size.size_bytes // (shard_rows_max * ROW_BYTES))
    return min(max(by_rows, by_bytes, 1), SHARDS_MAX)


def has_outgrown(shards: int, needed: int) -> bool:
    """Whether an index of `shards` is too small by so much that another one is worth its making."""
    return needed > OUTGROWN * shards
