"""What a key looks like: `rwm_`, 40 characters of chance, and six that tell whether the others were copied whole. Pure, but for the chance.

A script can make one: BODY=$(… 40 letters and digits …); echo "rwm_$BODY$(printf %s "$BODY" | sha256sum | cut -c1-6)".
"""

import hashlib
import re
import secrets
import string
from typing import Final

PREFIX: Final = "rwm_"
BODY_CHARACTERS: Final = 40  # of 62: 238 bits, so the hash needs neither salt nor slowness
CHECK_CHARACTERS: Final = 6
_SHAPE: Final = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{BODY_CHARACTERS}}}[0-9a-f]{{{CHECK_CHARACTERS}}}")


def new_key() -> str:
    body = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(BODY_CHARACTERS))
    return PREFIX + body + _check(body)


def is_key(text: str) -> bool:
    """Whether it can be one at all; nothing is asked of a database for what cannot."""
    body = text[len(PREFIX) : -CHECK_CHARACTERS]
    return _SHAPE.fullmatch(text) is not None and text.endswith(_check(body))


def hash_of(key: str) -> str:
    """What is kept of it."""
    return hashlib.sha256(key.encode()).hexdigest()


def _check(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:CHECK_CHARACTERS]
