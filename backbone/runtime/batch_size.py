"""How many rows to ask for at a time, so that a block has about `BLOCK_BYTES` whether rows are of 10 bytes or of 4 MiB. Pure."""

from typing import Final

BLOCK_BYTES: Final = 1024 * 1024
FIRST_LIMIT: Final = 64
LIMIT_MAX: Final = 4096


def next_limit(limit: int, size_bytes: int) -> int:
    """`size_bytes` came of the last `limit` rows. It grows twofold at most: the rows behind may be longer."""
    fitting = limit * BLOCK_BYTES // max(1, size_bytes)
    return max(1, min(fitting, 2 * limit, LIMIT_MAX))
