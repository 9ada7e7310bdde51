"""Stands before Elasticsearch and makes it busy: 429 for whole requests, and for some of the documents of a bulk."""

import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

REFUSAL = {"type": "es_rejected_execution_exception", "reason": "rejected execution: queue capacity reached"}


@dataclass
class Mood:
    """How often, of all bulk requests, the whole is refused, or a part of it; and how often that happened."""

    random_: random.Random
    whole: float
    part: float
    refused: int = 0
    in_part: int = 0
    _asked: int = 0

    def lot(self) -> float:
        """The first is refused as a whole, the second in part, so that both happen at any seed."""
        self._asked += 1
        return {1: 0.0, 2: self.whole}.get(self._asked, self.random_.random())


@contextmanager
def busy_elasticsearch(url: str, mood: Mood) -> Iterator[str]:
    client = httpx.Client(base_url=url, timeout=60)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if "_bulk" not in self.path:
                self.pass_on(body)
            elif (lot := mood.lot()) < mood.whole:
                mood.refused += 1
                self.answer(429, {"error": REFUSAL, "status": 429})
            elif lot < mood.whole + mood.part:
                mood.in_part += 1
                self.refuse_some(body)
            else:
                self.pass_on(body)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_one  # noqa: N815 -- the library's names

        def headers_on(self) -> dict[str, str]:
            return {name: value for name, value in self.headers.items() if name.lower() in ("content-type", "accept")}

        def pass_on(self, body: bytes) -> None:
            found = client.request(self.command, self.path, content=body, headers=self.headers_on())
            self.send(found.status_code, found.content, found.headers.get("Content-Type", "application/json"))

        def refuse_some(self, body: bytes) -> None:
            """The others are indexed indeed, as the real one would."""
            kept, items = b"", list[dict[str, Any]]()
            for action, document in _actions(body):
                (verb, about), *_ = json.loads(action).items()
                if mood.random_.random() < 0.5:
                    items.append({verb: {"_id": about["_id"], "status": 429, "error": REFUSAL}})
                else:
                    kept += action + document
            if kept:
                path = self.path.split("?")[0]
                items += client.post(path, content=kept, headers=self.headers_on()).json()["items"]
            refused = any("error" in result for item in items for result in item.values())
            self.answer(200, {"errors": refused} if "filter_path=errors" in self.path else {"took": 1, "errors": refused, "items": items})

        def answer(self, status: int, content: Any) -> None:
            self.send(status, json.dumps(content).encode(), "application/vnd.elasticsearch+json;compatible-with=9")

        def send(self, status: int, content: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("X-Elastic-Product", "Elasticsearch")
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        client.close()


def _actions(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The action line and the document line, which a delete has none of."""
    lines = iter(body.splitlines(keepends=True))
    for action in lines:
        yield action, b"" if action.startswith(b'{"delete"') else next(lines)
