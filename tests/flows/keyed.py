"""With ROWMILL_TEST_KEYS=1 every Rowmill that the tests start asks for keys, and whoever speaks to it has one: the same tests, behind a
closed door. Tests of keys themselves say what they want in their own environment."""

import os
from collections.abc import Mapping
from typing import Final

from backbone.runtime.key_text import new_key

ASKED_FOR: Final = os.environ.get("ROWMILL_TEST_KEYS") == "1"
KEY: Final = os.environ.setdefault("ROWMILL_TEST_KEY", new_key())  # processes that run tests beside this one inherit it
SETTINGS: Final[Mapping[str, str]] = {"ROWMILL_AUTH": "keys", "ROWMILL_FIRST_KEY": KEY} if ASKED_FOR else {}
CLIENT: Final[Mapping[str, str]] = {"ROWMILL_KEY": KEY} if ASKED_FOR else {}
AUTHORIZED: Final[Mapping[str, str]] = {"Authorization": f"Bearer {KEY}"} if ASKED_FOR else {}
