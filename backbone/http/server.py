"""Serves an application in the running event loop until told to stop."""

import asyncio
import socket
import ssl
from pathlib import Path
from typing import Any

from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.server.embed import Server
from litestar.types import ASGIApp

from backbone.errors import BadRequest
from backbone.http.in_flight import InFlight
from backbone.settings import Settings


async def serve_http(app: ASGIApp, settings: Settings, stopping: asyncio.Event) -> None:
    """Until it is told to stop; for the requests in hand it has `shutdown_s` then."""
    host, port, finish_s = settings.http_host, settings.http_port, settings.shutdown_s
    in_flight = InFlight(app, finish_s)
    server = Server(
        in_flight,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,  # HTTP/2 without TLS is a second door, past proxies that only know the first
        websockets=False,
        log_enabled=False,
        backlog=1024,
        **tls_options(settings),
    )
    serving = asyncio.create_task(server.serve())
    waiting = asyncio.create_task(stopping.wait())
    await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    server.stop()  # type: ignore[no-untyped-call]
    waiting.cancel()
    await in_flight.finish()  # the server itself would wait for the last of them, however long it takes
    await serving


def tls_options(settings: Settings) -> dict[str, Any]:
    """What the server is given for it. Raises `BadRequest` for what is no certificate, or none of this key."""
    if not settings.tls_certificate and not settings.tls_key:
        return {}
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.tls_certificate, settings.tls_key)
    except (OSError, ssl.SSLError) as error:
        detail = f"ROWMILL_TLS_CERTIFICATE and ROWMILL_TLS_KEY do not name a certificate and its key, as PEM files: {error}."
        raise BadRequest("bad-setting", detail) from None
    files = {"ssl_cert": Path(settings.tls_certificate), "ssl_key": Path(settings.tls_key)}
    return {**files, "ssl_protocol_min": SSLProtocols.tls12}


def check_free(host: str, port: int) -> None:
    """Raises `BadRequest` when the address is taken.

    The server shares its port on purpose (SO_REUSEPORT), so a second one would quietly take half of the requests.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            hint = "Is Rowmill running already? ROWMILL_HTTP_PORT chooses another port."
            raise BadRequest("address-in-use", f"Cannot listen on {host}:{port}: {error.strerror}. {hint}") from None
