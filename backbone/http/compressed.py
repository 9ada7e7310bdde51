"""Answers of text are sent as zstd or gzip to whoever takes it. What can be asked for in parts, and what is compressed already, goes as it is."""

import asyncio
import sys
import zlib
from collections.abc import Callable, Mapping
from typing import Any, Final

from litestar.types import ASGIApp, Receive, Scope, Send

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from backbone.http.accept_header import accept_weights

TYPES: Final = (
    "application/json",
    "application/problem+json",
    "application/x-ndjson",
    "application/javascript",
    "text/",
    "image/svg+xml",
)
NEVER: Final = "text/event-stream"  # each event must leave at once
BYTES_MIN: Final = 1024
IN_THREAD_BYTES_MIN: Final = 64 * 1024  # longer blocks would keep the loop from others
GZIP_LEVEL, ZSTD_LEVEL = 4, 3
_GZIP: Final = 16 + zlib.MAX_WBITS
# Each coding, and a compressor of it; of those that a client likes as well as each other, the first.
CODINGS: Final[Mapping[str, Callable[[], Any]]] = {
    "zstd": lambda: zstd.ZstdCompressor(ZSTD_LEVEL),
    "gzip": lambda: zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, _GZIP),
}


class Compressed:
    """An ASGI application around another one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        coding = liked_coding(scope["headers"]) if str(scope["type"]) == "http" else None
        await self._app(scope, receive, send if coding is None else _Sender(send, coding).send)


class _Sender:
    """Keeps the head back until the first of the body tells whether compressing is worth it."""

    def __init__(self, send: Send, coding: str) -> None:
        self._send = send
        self._coding = coding
        self._head: Any = None
        self._compressor: Any = None

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self._head = message
            return
        if self._head is not None:
            await self._begin(message)
        if self._compressor is not None and message["type"] == "http.response.body":
            message = {**message, "body": await self._compress(message.get("body", b""), not message.get("more_body", False))}
        await self._send(message)

    async def _begin(self, first: Any) -> None:
        head, self._head = self._head, None
        headers = {name.lower(): value for name, value in head["headers"]}
        is_long = first.get("more_body", False) or len(first.get("body", b"")) >= BYTES_MIN
        if _is_compressible(head["status"], headers) and is_long:
            self._compressor = CODINGS[self._coding]()
            head = {**head, "headers": _compressed_headers(head["headers"], self._coding)}
        await self._send(head)

    async def _compress(self, block: bytes, is_last: bool) -> bytes:
        def compress() -> bytes:
            made: bytes = self._compressor.compress(block)
            return made + self._compressor.flush() if is_last else made

        return await asyncio.to_thread(compress) if len(block) >= IN_THREAD_BYTES_MIN else compress()


def liked_coding(headers: Any) -> str | None:
    """The coding that the client likes best of those there are; None where it takes none of them."""
    accepted = b",".join(value for name, value in headers if name == b"accept-encoding").decode("latin-1")
    weights = accept_weights(accepted)
    liked = {coding: weights.get(coding, weights.get("*", 0.0)) for coding in CODINGS}
    best = max(liked, key=lambda coding: liked[coding])  # the first of equals
    return best if liked[best] > 0 else None


def _is_compressible(status: int, headers: dict[bytes, bytes]) -> bool:
    kind = headers.get(b"content-type", b"").decode("latin-1")
    has_body = status not in (204, 206, 304) and b"content-encoding" not in headers
    is_resumable = headers.get(b"accept-ranges") == b"bytes"  # a download that can go on where it broke off is worth more than its length
    return has_body and not is_resumable and kind.startswith(TYPES) and not kind.startswith(NEVER)


def _compressed_headers(headers: Any, coding: str) -> list[tuple[bytes, bytes]]:
    """The bytes are others: their length is not known, parts of them cannot be asked for, and a strong tag does not fit them."""
    kept = [(name, value) for name, value in headers if name.lower() not in (b"content-length", b"accept-ranges", b"etag", b"vary")]
    tags = [(name, value if value.startswith(b"W/") else b"W/" + value) for name, value in headers if name.lower() == b"etag"]
    return [*kept, *tags, (b"content-encoding", coding.encode()), (b"vary", b"Accept-Encoding")]
