"""The outgoing client against servers that mean it ill: they redirect inside, change their names' addresses, never end, come by the byte,
unpack to a thousand times their size, send headers without end, lie about their length."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from backbone.errors import TooLarge
from backbone.outgoing.addresses import Refused, read_allowed
from backbone.outgoing.client import Limits, Outgoing, RemoteAway
from backbone.outgoing.request import OutgoingRequest

Serve = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
QUICK = Limits(silence_s=0.3, total_s=2.0, requests_per_s=0)
MIB = 1024 * 1024


class Hostile:
    """A server on 127.0.0.1 that answers as `serve` says, and keeps what it was asked."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked: list[bytes] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"


@asynccontextmanager
async def hostile(serve: Serve) -> AsyncIterator[Hostile]:
    async def on_client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            server.asked.append(head)
            await serve(head, writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(on_client, "127.0.0.1", 0)
    server = Hostile(listening.sockets[0].getsockname()[1])
    try:
        yield server
    finally:
        listening.close()


@asynccontextmanager
async def client(allow: str = "127.0.0.1", limits: Limits = QUICK, resolve: object = None, proxy: str = "") -> AsyncIterator[Outgoing]:
    more = {} if resolve is None else {"resolve": resolve}
    outgoing = Outgoing(read_allowed(allow), limits, proxy, **more)  # type: ignore[arg-type]
    try:
        yield outgoing
    finally:
        await outgoing.close()


async def ask(outgoing: Outgoing, url: str, bytes_max: int = MIB, tries_max: int = 1, **more: object) -> tuple[int, bytes]:
    async with outgoing.send(OutgoingRequest(url=url, **more), tries_max) as answer:  # type: ignore[arg-type]
        return answer.status, await answer.read(bytes_max)


def answering(body: bytes, status: str = "200 OK", headers: str = "") -> Serve:
    async def serve(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}Connection: close\r\n\r\n".encode() + body)

    return serve


async def test_an_answer_comes_as_it_is_and_packed() -> None:
    async with hostile(answering(b"a,b\n1,2\n")) as server, client() as outgoing:
        assert await ask(outgoing, server.url) == (200, b"a,b\n1,2\n")
    packed = gzip.compress(b"a,b\n") + gzip.compress(b"1,2\n")
    async with hostile(answering(packed, headers="Content-Encoding: gzip\r\n")) as server, client() as outgoing:
        assert await ask(outgoing, server.url) == (200, b"a,b\n1,2\n")


async def test_this_machine_is_not_asked_unless_allowed() -> None:
    async with hostile(answering(b"secret")) as server, client(allow="") as outgoing:
        for host in ("127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0.0.0.0", "[::ffff:127.0.0.1]"):
            with pytest.raises((Refused, RemoteAway)):
                await ask(outgoing, f"http://{host}:{server.port}/")
        assert server.asked == []


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 Temporary", "308 Permanent"])
async def test_a_redirect_inside_is_refused(status: str) -> None:
    async with hostile(answering(b"secret")) as inside:
        leading = answering(b"", status, f"Location: http://localhost:{inside.port}/\r\n")
        async with hostile(leading) as server, client(allow=f"127.0.0.1:{server.port}") as outgoing:
            with pytest.raises(Refused):
                await ask(outgoing, server.url)
        assert inside.asked == []


async def test_credentials_do_not_follow_to_another_origin() -> None:
    async with hostile(answering(b"ok")) as other:
        leading = answering(b"", "302 Found", f"Location: {other.url}\r\n")
        async with hostile(leading) as server, client() as outgoing:
            assert await ask(outgoing, server.url, secret_headers={"Authorization": "Bearer s3cret"}) == (200, b"ok")
            assert b"s3cret" in server.asked[0] and b"s3cret" not in other.asked[0]


async def test_redirects_without_end_end() -> None:
    async with hostile(answering(b"", "302 Found", "Location: /again\r\n")) as server, client() as outgoing:
        with pytest.raises(Refused, match="redirects more than"):
            await ask(outgoing, server.url)
        assert len(server.asked) == 6


async def test_a_name_that_changes_after_the_check_gains_nothing() -> None:
    """The connection goes to the address that was checked; a second look would find another one."""
    answers = iter([["127.0.0.1"], ["10.0.0.1"], ["127.0.0.1", "169.254.169.254"]])

    async def resolve(host: str, port: int) -> list[str]:
        return next(answers)

    async with hostile(answering(b"ok")) as server, client("127.0.0.1", resolve=resolve) as outgoing:
        url = f"http://rebinding.example:{server.port}/"
        assert await ask(outgoing, url) == (200, b"ok")
        assert f"host: rebinding.example:{server.port}".encode() in server.asked[0].lower()
        for _ in range(2):  # inside; and outside together with inside
            with pytest.raises(Refused):
                await ask(outgoing, url)
        assert len(server.asked) == 1


async def test_a_body_without_end_is_cut_at_the_limit() -> None:
    async def endless(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    async with hostile(endless) as server, client() as outgoing:
        with pytest.raises(TooLarge):
            await ask(outgoing, server.url)


async def test_a_bomb_is_cut_at_the_limit() -> None:
    bomb = gzip.compress(b"\0" * 64 * MIB)
    async with hostile(answering(bomb, headers="Content-Encoding: gzip\r\n")) as server, client() as outgoing:
        with pytest.raises(TooLarge):
            await ask(outgoing, server.url)


@pytest.mark.parametrize("coding", ["gzip", "br", "gzip, gzip", "x" * 500])
async def test_a_coding_that_is_not_what_it_says(coding: str) -> None:
    async with hostile(answering(b"plain", headers=f"Content-Encoding: {coding}\r\n")) as server, client() as outgoing:
        with pytest.raises(Refused):
            await ask(outgoing, server.url)


async def test_a_packed_body_that_is_cut_is_told() -> None:
    packed = gzip.compress(bytes(range(256)) * 100)[:-20]
    async with hostile(answering(packed, headers="Content-Encoding: gzip\r\n")) as server, client() as outgoing:
        with pytest.raises(Refused, match="middle of its gzip"):
            await ask(outgoing, server.url)


async def test_a_server_that_falls_silent_is_given_up() -> None:
    async def silent(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        await writer.drain()
        await asyncio.sleep(30)

    async with hostile(silent) as server, client() as outgoing:
        with pytest.raises(RemoteAway, match="sent nothing"):
            await ask(outgoing, server.url)


async def test_bytes_that_drip_are_given_up() -> None:
    async def dripping(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with hostile(dripping) as server, client() as outgoing:
        with pytest.raises(RemoteAway, match="bytes a second"):
            await ask(outgoing, server.url)


async def test_headers_that_drip_are_given_up() -> None:
    async def dripping(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nX: ")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with hostile(dripping) as server, client() as outgoing:
        with pytest.raises(RemoteAway, match="did not answer"):
            await ask(outgoing, server.url)


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\nX: " + b"x" * 2 * MIB, b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 100_000, b"SSH-2.0-x\r\n", b""]
)
async def test_what_is_no_answer_is_told(head: bytes) -> None:
    async def serve(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(head)

    async with hostile(serve) as server, client() as outgoing:
        with pytest.raises(RemoteAway):
            await ask(outgoing, server.url)


async def test_a_body_that_ends_early_is_told() -> None:
    async def short(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")

    async with hostile(short) as server, client() as outgoing:
        with pytest.raises(RemoteAway, match="after 3 bytes"):
            await ask(outgoing, server.url)


async def test_it_asks_again_where_that_may_help() -> None:
    answers = iter([answering(b"", "503 Busy", "Retry-After: 0\r\n"), answering(b"", "429 Slow"), answering(b"here")])

    async def serve(head: bytes, writer: asyncio.StreamWriter) -> None:
        await next(answers)(head, writer)

    async with hostile(serve) as server, client() as outgoing:
        assert await ask(outgoing, server.url, tries_max=3) == (200, b"here")
    async with hostile(answering(b"no", "404 None")) as server, client() as outgoing:
        assert await ask(outgoing, server.url, tries_max=3) == (404, b"no")
        assert len(server.asked) == 1
    async with hostile(answering(b"", "503 Busy", "Retry-After: 86400\r\n")) as server, client() as outgoing:
        with pytest.raises(RemoteAway, match="503"):
            await ask(outgoing, server.url, tries_max=3)
        assert len(server.asked) == 1


async def test_one_host_is_asked_by_so_many_at_once() -> None:
    at_once, most = 0, 0

    async def slow(head: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.02)
        at_once -= 1
        await answering(b"ok")(head, writer)

    async with hostile(slow) as server, client(limits=Limits(per_host_max=2, requests_per_s=0)) as outgoing:
        await asyncio.gather(*(ask(outgoing, server.url) for _ in range(8)))
    assert most == 2


async def test_a_proxy_is_asked_in_the_place_of_the_host() -> None:
    async with hostile(answering(b"by proxy")) as proxy, client(allow="", proxy=proxy.url) as outgoing:
        assert await ask(outgoing, "http://8.8.8.8/x") == (200, b"by proxy")
        assert proxy.asked[0].startswith(b"GET http://8.8.8.8:80/x ")
        with pytest.raises(Refused):
            await ask(outgoing, "http://169.254.169.254/latest/meta-data/")
        assert len(proxy.asked) == 1
