"""How much is drawn: a few examples in `make test`, all of them in `make faults`, which sets ROWMILL_TEST_THOROUGH=1."""

import os
from typing import Final

THOROUGH: Final = os.environ.get("ROWMILL_TEST_THOROUGH") == "1"
QUICK_SHARE: Final = 4


def examples(count: int) -> int:
    """Of `count` a quarter, but for a thorough run. They are drawn anew each time, so many quick runs see what a thorough one does."""
    return count if THOROUGH else max(1, count // QUICK_SHARE)
