"""Opaque, signed tokens: what a client hands back to us unchanged, or not at all. Cursors are made of them."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from backbone.errors import BadRequest
from backbone.runtime.principal import asking

SIGNATURE_BYTES: Final = 16


def seal(key: bytes, bound: Sequence[Any], value: Any) -> str:
    """`bound` is what the token belongs to (which list, which filters): it is not told, but the same must be said to unseal it."""
    payload = msgspec.json.encode(value)
    return base64.urlsafe_b64encode(_signature(key, bound, payload) + payload).decode().rstrip("=")


def unseal(key: bytes, bound: Sequence[Any], token: str) -> Any:
    """Raises `BadRequest` for a token made with another key or for something else, or changed by as much as a bit."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        raw = b""
    signature, payload = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
    is_canonical = base64.urlsafe_b64encode(raw).decode().rstrip("=") == token
    if not is_canonical or not hmac.compare_digest(signature, _signature(key, bound, payload)):
        raise BadRequest("bad-cursor", "This cursor belongs to another list, or was changed on its way. Start again without a cursor.")
    return msgspec.json.decode(payload)


def _signature(key: bytes, bound: Sequence[Any], payload: bytes) -> bytes:
    owned = msgspec.json.encode([asking().id, bound])  # a token is for whoever it was given to
    return hmac.digest(key, owned + b"\0" + payload, hashlib.sha256)[:SIGNATURE_BYTES]
