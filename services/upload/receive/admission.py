"""Who may send a file: so many at once."""

from backbone.catalog.usage import KeyLimits
from backbone.runtime.concurrency_limit import ConcurrencyLimit
from backbone.runtime.principal_limits import AtOnce
from backbone.settings import Settings


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
        datasets_max=settings.datasets_per_key_max,
        rows_max=settings.rows_per_key_max,
        held_max=settings.held_per_key_max,
        bytes_per_day_max=settings.bytes_per_day_max,
    )
