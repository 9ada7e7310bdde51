"""What is said over the bare line: another protocol, a body that is announced to be far too long."""

import socket
from urllib.parse import urlsplit

import pytest

from tests.flows.pods import Rowmill

ANSWER_S = 10.0
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = b"\0\0\0\x04\0\0\0\0\0"  # an empty frame, which the other side would answer with one of its own
FRAME_TYPE = 3  # its place in a frame


def said(url: str, message: bytes) -> bytes:
    """What comes back until the server is silent or hangs up."""
    address = urlsplit(url)
    answer = b""
    with socket.create_connection((address.hostname, address.port), ANSWER_S) as connection:
        connection.sendall(message)
        try:
            while not answer.startswith(b"HTTP/1.1") and (block := connection.recv(65536)):
                answer += block
        except (TimeoutError, ConnectionResetError):
            pass
    return answer


def test_http_2_is_not_spoken_without_tls(rowmill: Rowmill) -> None:
    url = rowmill.pods["all"].url if "all" in rowmill.pods else rowmill.pods["query"].url
    answer = said(url, PREFACE + SETTINGS)
    assert not answer or answer.startswith(b"HTTP/1.1 4"), answer[:100]
    host = urlsplit(url).netloc.encode()
    upgrade = b"GET /health/live HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"
    assert said(url, upgrade % host).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("path", ["/api/uploads?file_name=a.csv", "/api/preview?file_name=a.csv"])
def test_a_body_that_is_announced_to_be_too_long_is_refused_before_it_comes(rowmill: Rowmill, path: str) -> None:
    url = rowmill.pods["all"].url if "all" in rowmill.pods else rowmill.pods["upload"].url
    head = b"POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: text/csv\r\nContent-Length: %d\r\n\r\n"
    answer = said(url, head % (path.encode(), urlsplit(url).netloc.encode(), 1 << 60))
    assert answer.startswith(b"HTTP/1.1 413 "), answer[:200]
