"""Serves an application in the running event loop until told to stop."""

import asyncio
import socket

from granian.constants import Interfaces
from granian.server.embed import Server
from litestar.types import ASGIApp

from backbone.errors import BadRequest
from backbone.http.in_flight import InFlight


async def serve_http(app: ASGIApp, host: str, port: int, stopping: asyncio.Event, finish_s: float) -> None:
    """`finish_s`: for the requests in hand, once it is told to stop."""
    in_flight = InFlight(app, finish_s)
    server = Server(in_flight, address=host, port=port, interface=Interfaces.ASGI, websockets=False, log_enabled=False, backlog=1024)
    serving = asyncio.create_task(server.serve())
    waiting = asyncio.create_task(stopping.wait())
    await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    server.stop()  # type: ignore[no-untyped-call]
    waiting.cancel()
    await in_flight.finish()  # the server itself would wait for the last of them, however long it takes
    await serving


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
