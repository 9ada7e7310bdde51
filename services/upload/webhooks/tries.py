"""When a delivery is tried again: soon at first, then more and more rarely, for a day. Pure."""

import random
from typing import Final

STEPS_S: Final = (5, 30, 120, 600, 1800, 3600, 7200, 14400, 14400, 14400, 14400)
TRIED_FOR_S: Final = 24 * 3600


def again_in_s(attempts: int, age_s: float, asked_s: float | None) -> float | None:
    """Seconds after this many tries; None: a day has passed. Never before the receiver's own word (`Retry-After`)."""
    if age_s >= TRIED_FOR_S:
        return None
    own_s = STEPS_S[min(attempts, len(STEPS_S)) - 1] * random.uniform(0.8, 1.2)
    return min(max(own_s, asked_s or 0.0), max(1.0, TRIED_FOR_S - age_s))
