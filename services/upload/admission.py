"""Who may send a file: so many at once, and under which idempotency key."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from backbone.errors import BadRequest, Busy

KEY_HEADER: Final = "idempotency-key"
KEY_CHARACTERS_MAX: Final = 255


class Room:
    """For so many files at once in this process: each one costs memory, a connection now and then, and a share of the disk's time."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken = 0

    @contextmanager
    def take(self) -> Iterator[None]:
        """Raises `Busy` at once: a client that waits here would hold its connection for nothing."""
        if self._taken >= self._most:
            detail = f"{self._most} files come in already, and ROWMILL_RECEIVING_MAX allows no more. Try again in a few seconds."
            raise Busy("too-many-uploads", detail)
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1


def read_key(headers: Mapping[str, str]) -> str | None:
    """None without the header. Raises `BadRequest`."""
    key = headers.get(KEY_HEADER)
    if key is None or (0 < len(key) <= KEY_CHARACTERS_MAX and key.isascii() and key.isprintable()):
        return key
    raise BadRequest("bad-idempotency-key", f"An Idempotency-Key has 1 to {KEY_CHARACTERS_MAX} printable ASCII characters.")
