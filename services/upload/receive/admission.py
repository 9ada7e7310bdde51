"""Who may send a file: so many at once, and under which idempotency key."""

from collections.abc import Mapping
from typing import Final

from backbone.catalog.usage import KeyLimits
from backbone.errors import BadRequest
from backbone.runtime.concurrency_limit import ConcurrencyLimit
from backbone.runtime.principal_limits import AtOnce
from backbone.settings import Settings

KEY_HEADER: Final = "idempotency-key"
KEY_CHARACTERS_MAX: Final = 255


def receiving_limit(most: int) -> ConcurrencyLimit:
    return ConcurrencyLimit(
        most,
        "too-many-uploads",
        f"{most} files come in already, and ROWMILL_RECEIVING_MAX allows no more. Try again in a few seconds.",
    )


def receiving_limit_per_key(most: int) -> AtOnce:
    detail = f"{most} files of this key come in already, and ROWMILL_RECEIVING_PER_KEY_MAX allows no more. Try again in a few seconds."
    return AtOnce(most, "too-many-uploads", detail)


def key_limits(settings: Settings) -> KeyLimits:
    return KeyLimits(
        datasets_max=settings.datasets_per_key_max, held_max=settings.held_per_key_max, bytes_per_day_max=settings.bytes_per_day_max
    )


def read_key(headers: Mapping[str, str]) -> str | None:
    """None without the header. Raises `BadRequest`."""
    key = headers.get(KEY_HEADER)
    if key is None or (0 < len(key) <= KEY_CHARACTERS_MAX and key.isascii() and key.isprintable()):
        return key
    raise BadRequest("bad-idempotency-key", f"An Idempotency-Key has 1 to {KEY_CHARACTERS_MAX} printable ASCII characters.")
