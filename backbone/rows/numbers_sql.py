"""Row numbers where whole tables are joined or grouped by them. Pure text.

A row's number is its chunk's and its place in it, 32 bits each, and PostgreSQL hashes the two halves of a number XORed: place 1 of chunk 2 is hashed as
place 2 of chunk 1, so that a table of N chunks has as many rows to each hash, and a hash join takes N times as long. With the chunk beside it
each row is hashed by itself.
"""

from backbone.model import ROWS_PER_CHUNK_BITS


def same_row_sql(one: str, other: str) -> str:
    return f"({one} = {other} AND {one} >> {ROWS_PER_CHUNK_BITS} = {other} >> {ROWS_PER_CHUNK_BITS})"


def each_row_sql(row: str) -> str:
    """What to group by."""
    return f"{row}, {row} >> {ROWS_PER_CHUNK_BITS}"
