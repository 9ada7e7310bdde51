"""Every request is a span, which goes on with the trace that its sender names."""

from typing import Any, Final

from litestar.types import ASGIApp, Message, Receive, Scope, Send
from opentelemetry.trace import SpanKind

from backbone.runtime.tracing import TRACEPARENT, span

UNTRACED: Final = ("/health/", "/metrics")


class Traced:
    """An ASGI application around another one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if str(scope["type"]) != "http" or scope["path"].startswith(UNTRACED):
            await self._app(scope, receive, send)
            return
        request: Any = scope
        with span(request["method"], SpanKind.SERVER, _traceparent(request), {"http.request.method": request["method"]}) as begun:

            async def send_noted(message: Message) -> None:
                if message["type"] == "http.response.start":
                    begun.set_attribute("http.response.status_code", message["status"])
                await send(message)

            try:
                await self._app(scope, receive, send_noted)
            finally:  # which route it is, is known by now
                route = str(request.get("path_template", ""))
                begun.update_name(f"{request['method']} {route}".strip())
                begun.set_attribute("http.route", route)


def _traceparent(scope: Any) -> str | None:
    values = [value.decode("latin-1") for name, value in scope["headers"] if name == TRACEPARENT.encode()]
    return values[0] if len(values) == 1 else None
