"""When to ask again: as the server says, else after a time that doubles. Pure."""

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

PASSING: Final = (408, 425, 429, 500, 502, 503, 504)
FIRST_S: Final = 0.5
LONGEST_S: Final = 30.0
RETRY_AFTER_S_MAX: Final = 120.0  # who asks for more is given up for now: the next run asks again


def retry_after_s(header: str | None, now: datetime) -> float | None:
    """Seconds; None without the header, or where nobody understands it."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds())


def wait_s(failures: int, asked_s: float | None) -> float | None:
    """How long after this many failures; None: it is not worth waiting for. With jitter, and never before the server's word."""
    if asked_s is not None and asked_s > RETRY_AFTER_S_MAX:
        return None
    own_s = min(FIRST_S * 2.0 ** min(failures - 1, 10), LONGEST_S) * random.uniform(0.5, 1.0)
    return max(own_s, asked_s or 0.0)
