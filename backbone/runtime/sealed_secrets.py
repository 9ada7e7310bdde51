"""Secrets of others, encrypted with the server's own: what lies in the database, or in a backup of it, lets nobody in."""

import base64
import hashlib
from collections.abc import Mapping, Sequence

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from backbone.errors import Rejected


class SealedSecrets:
    """`keys`: the first encrypts, all of them decrypt, so that a key can be changed."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        # A key of its own, so that what signs cursors opens nothing.
        derived = (base64.urlsafe_b64encode(hashlib.sha256(b"rowmill secrets of others\0" + key).digest()) for key in keys)
        self._fernet = MultiFernet([Fernet(key) for key in derived])

    def seal(self, secret: Mapping[str, object]) -> str:
        return self._fernet.encrypt(msgspec.json.encode(secret)).decode()

    def unseal(self, sealed: str | None) -> dict[str, object]:
        """Raises `Rejected` where it was sealed with another key."""
        if sealed is None:
            return {}
        try:
            return dict(msgspec.json.decode(self._fernet.decrypt(sealed)))
        except InvalidToken:
            detail = "Its secret was encrypted with another ROWMILL_SECRET. Give it again, or that one as ROWMILL_SECRET_BEFORE."
            raise Rejected("secret-unreadable", detail) from None
