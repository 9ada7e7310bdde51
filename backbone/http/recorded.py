"""Every request has an id, which its answer, its log lines and its problems carry, and a line in the log once it is answered.

The line has the route's template in place of the path, and nothing of the query: names of datasets, words that people search for and keys
that somebody put where they do not belong are not for a log.
"""

import time
from collections.abc import Callable
from typing import Any, Final

import structlog
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from backbone.runtime.request_record import RequestRecord, begin_record, choose_id

HEADER: Final = b"x-request-id"
QUIET: Final = ("/health/", "/metrics")  # asked every few seconds by machines
CLIENT_LEFT: Final = 499  # as nginx has it: nobody was there any more for an answer

log = structlog.get_logger("access")


class Recorded:
    """An ASGI application around another one. `is_logged`: whether there is a line for each request. `on_answered` is told each request,
    its method and status."""

    def __init__(
        self, app: ASGIApp, *, is_logged: bool = True, on_answered: Callable[[RequestRecord, str, int], None] = lambda *_: None
    ) -> None:
        self._app = app
        self._is_logged = is_logged
        self._on_answered = on_answered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if str(scope["type"]) != "http":
            await self._app(scope, receive, send)
            return
        request: Any = scope
        answer = _Answer(send, RequestRecord(choose_id(_sent_ids(request))))
        begin_record(answer.record)
        with structlog.contextvars.bound_contextvars(request_id=answer.record.id):
            try:
                await self._app(scope, receive, answer.send)
            finally:
                for end in answer.record.on_end:
                    end()
                self._on_answered(answer.record, request["method"], answer.status)
                if self._is_logged and not request["path"].startswith(QUIET):
                    answer.write_line(request["method"], (request.get("client") or ("",))[0])


class _Answer:
    """Passes an answer on, with its id, and remembers what the log line says."""

    def __init__(self, send: Send, record: RequestRecord) -> None:
        self.record = record
        self._send = send
        self._began = time.perf_counter()
        self.status = CLIENT_LEFT
        self._bytes = 0
        self._is_whole = False

    async def send(self, message: Message) -> None:
        sent: Any = message
        if sent["type"] == "http.response.start":
            self.status = sent["status"]
            sent = {**sent, "headers": [*sent.get("headers", []), (HEADER, self.record.id.encode()), *self.record.headers]}
        await self._send(sent)
        if sent["type"] == "http.response.body":
            self._bytes += len(sent.get("body", b""))
            self._is_whole = not sent.get("more_body", False)

    def write_line(self, method: str, client: str) -> None:
        record = self.record
        ms = round((time.perf_counter() - self._began) * 1000, 1)
        more = {**({"problem": record.problem} if record.problem else {}), **({} if self._is_whole else {"cut": True})}
        log.info(
            "request",
            method=method,
            route=record.route,
            status=self.status,
            ms=ms,
            bytes=self._bytes,
            by=record.principal,
            client=client,
            **more,
        )


def _sent_ids(scope: Any) -> list[str]:
    return [value.decode("latin-1") for name, value in scope["headers"] if name == HEADER]
