"""`Idempotency-Key`, as a header has it. Pure."""

from collections.abc import Mapping
from typing import Final

from backbone.errors import BadRequest

KEY_HEADER: Final = "idempotency-key"
KEY_CHARACTERS_MAX: Final = 255


def read_key(headers: Mapping[str, str]) -> str | None:
    """None without the header. Raises `BadRequest`."""
    key = headers.get(KEY_HEADER)
    if key is None or (0 < len(key) <= KEY_CHARACTERS_MAX and key.isascii() and key.isprintable()):
        return key
    raise BadRequest("bad-idempotency-key", f"An Idempotency-Key has 1 to {KEY_CHARACTERS_MAX} printable ASCII characters.")
