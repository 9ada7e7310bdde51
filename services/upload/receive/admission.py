"""Who may send a file: so many at once, and under which idempotency key."""

from collections.abc import Mapping
from typing import Final

from backbone.errors import BadRequest
from backbone.runtime.concurrency_limit import ConcurrencyLimit

KEY_HEADER: Final = "idempotency-key"
KEY_CHARACTERS_MAX: Final = 255


def receiving_limit(most: int) -> ConcurrencyLimit:
    return ConcurrencyLimit(
        most,
        "too-many-uploads",
        f"{most} files come in already, and ROWMILL_RECEIVING_MAX allows no more. Try again in a few seconds.",
    )


def read_key(headers: Mapping[str, str]) -> str | None:
    """None without the header. Raises `BadRequest`."""
    key = headers.get(KEY_HEADER)
    if key is None or (0 < len(key) <= KEY_CHARACTERS_MAX and key.isascii() and key.isprintable()):
        return key
    raise BadRequest("bad-idempotency-key", f"An Idempotency-Key has 1 to {KEY_CHARACTERS_MAX} printable ASCII characters.")
