"""Many requests at once that cost much, or that keep a place: others are served all the while, and all is free again once they are gone."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import pytest

from tests.attacks.watch import HEALTH_S_MAX, MEMORY_MIB_MAX, Cost, watched
from tests.flows.pods import Rowmill, embedded, wait_for
from tests.no_tls import NO_TLS

TEXTS = [" ".join(f"w{(row * word) % 997}" for word in range(1, 40)) for row in range(3_000)]
CONTENT = b"a,b,c,text\n" + b"".join(f"{row % 7},{row % 11},{row % 13},{text}\n".encode() for row, text in enumerate(TEXTS))
PLACES = 16


@pytest.fixture(scope="module")
def flooded() -> Iterator[Rowmill]:
    with embedded(ROWMILL_RECEIVE_SILENCE_S="2", ROWMILL_RECEIVING_MAX=str(PLACES)) as rowmill:
        rowmill.load(CONTENT, dataset="words")
        yield rowmill


def ask(cost: Cost, rowmill: Rowmill, paths: list[str], at_once: int, timeout_s: float = 60) -> None:
    def get(path: str) -> int:
        with httpx.Client(base_url=rowmill.pods["all"].url, timeout=timeout_s, verify=NO_TLS) as http:
            try:
                return http.get(path).status_code
            except httpx.TimeoutException:
                return 0  # the client left

    with ThreadPoolExecutor(at_once) as pool:
        cost.answers.update(pool.map(get, paths))


def check(cost: Cost) -> None:
    assert cost.peak_mib <= MEMORY_MIB_MAX
    assert cost.worst_live_s <= HEALTH_S_MAX


def test_a_facet_that_is_asked_for_again_and_again_is_refused(flooded: Rowmill) -> None:
    with watched("12 × 20 times the same facet", flooded.pods["all"]) as cost:
        ask(cost, flooded, ["/api/datasets/words/rows?" + "&".join(["facet=text:top:1000"] * 20)] * 12, 12)
    assert cost.answers == {400: 12}
    check(cost)


def test_searches_whose_clients_leave_keep_nobody_waiting(flooded: Rowmill) -> None:
    heavy = "/api/datasets/words/rows?q=w*&highlight=true&limit=1000&facet=a&facet=b&facet=c&facet=text:top:1000&total=exact"
    with watched("24 heavy searches whose clients leave", flooded.pods["all"]) as cost:
        ask(cost, flooded, [heavy] * 24, 24, timeout_s=0.3)

        def is_served() -> bool:
            with flooded.readers as http:
                return http.get("/api/datasets/words/rows?limit=1").status_code == 200

        wait_for(is_served, 20, "others are served")
    check(cost)


def test_a_hundred_pages_at_once_are_answered(flooded: Rowmill) -> None:
    with watched("100 × page of 1,000 rows", flooded.pods["all"]) as cost:
        ask(cost, flooded, ["/api/datasets/words/rows?limit=1000"] * 100, 100)
    assert set(cost.answers) <= {200, 429, 503} and cost.answers[200] >= 10
    check(cost)


def test_forms_that_stop_lose_their_places(flooded: Rowmill) -> None:
    address = urlsplit(flooded.pods["all"].url)
    head = "POST /api/uploads HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=XX\r\nContent-Length: 999\r\n\r\n--XX\r\n"
    with watched(f"{PLACES} forms that stop", flooded.pods["all"]) as cost, ExitStack() as open_:
        for _ in range(PLACES):
            connection = open_.enter_context(socket.create_connection((str(address.hostname), int(address.port or 80)), timeout=20))
            connection.sendall(head.encode())

        def status() -> int:
            with flooded.uploads as http:
                cost.answers[sent := http.post("/api/uploads?dataset=after-forms", content=b"a\n1\n").status_code] += 1
            return sent

        wait_for(lambda: status() == 429, 10, "all places are taken")
        wait_for(lambda: status() == 202, 30, "a place is free again, though the clients are still there")
    check(cost)
