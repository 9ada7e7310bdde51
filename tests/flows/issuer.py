"""A small OpenID issuer of a test's own: discovery, its keys, and the tokens that it signs with them."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

AUDIENCE = "rowmill"
Key = RSAKey | ECKey


@dataclass
class Issuer:
    url: str = ""
    keys: list[Key] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    is_away: bool = False

    def rotate(self) -> None:
        """Signs with another key from now on, and forgets the older ones."""
        self.keys = [ECKey.generate_key("P-256", {"kid": f"k{time.monotonic_ns()}"})]

    def token(self, *groups: str, key: Key | None = None, alg: str = "", **claims: Any) -> str:
        signing = key or self.keys[0]
        algorithm = alg or ("RS256" if isinstance(signing, RSAKey) else "ES256")
        said = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "u-1",
            "exp": int(time.time()) + 300,
            "groups": list(groups),
            "email": "ann@example.org",
        }
        kept = {name: value for name, value in {**said, **claims}.items() if value is not None}
        return jwt.encode({"alg": algorithm, "kid": signing.kid}, kept, signing, algorithms=[algorithm])


@contextmanager
def serving_issuer() -> Iterator[Issuer]:
    issuer = Issuer(keys=[RSAKey.generate_key(2048, {"kid": "first"})])

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked.append(self.path)
            described = {"issuer": issuer.url, "jwks_uri": f"{issuer.url}/keys"}
            content = {"keys": [key.as_dict(private=False) for key in issuer.keys]} if self.path == "/realm/keys" else described
            body = json.dumps(content).encode()
            self.send_response(503 if issuer.is_away else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    issuer.url = f"http://127.0.0.1:{server.server_address[1]}/realm"
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
