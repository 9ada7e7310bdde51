"""A web server of the tests' own, on 127.0.0.1, whose answers a test sets: what sources fetch from, and webhooks go to."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Reply:
    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    by_query: Callable[[str], bytes] | None = None  # the body
    hold: threading.Event | None = None  # half of the body is sent, the rest when this is set


@dataclass
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Served:
    url: str
    replies: dict[str, Reply] = field(default_factory=dict)  # by path, without the query
    asked: list[Request] = field(default_factory=list)

    def times(self, path: str) -> int:
        return sum(request.path.split("?")[0] == path for request in self.asked)


@contextmanager
def served() -> Iterator[Served]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            server.asked.append(Request(self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            reply = server.replies.get(self.path.split("?")[0]) or server.replies.get(self.path) or Reply(status=404)
            etag = reply.headers.get("ETag")
            if etag is not None and self.headers.get("if-none-match") == etag:
                reply = Reply(status=304)
            content = reply.by_query(self.path.partition("?")[2]) if reply.by_query else reply.body
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            half = len(content) // 2 if reply.hold else 0
            self.wfile.write(content[:half])
            self.wfile.flush()
            if reply.hold is not None:
                reply.hold.wait(60)
            self.wfile.write(content[half:])

        do_GET = answer  # noqa: N815
        do_POST = answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            return

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    server = Served(f"http://127.0.0.1:{listening.server_address[1]}")
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown()
        listening.server_close()
