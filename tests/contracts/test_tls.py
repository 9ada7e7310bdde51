"""Servers by TLS: each client speaks it where its URL says so, and only to a server whose certificate is of the CA that is named there."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from sqlalchemy import text

from backbone.errors import BadRequest, Unavailable
from backbone.eventlog.kafka.address import read_address as read_kafka
from backbone.eventlog.kafka.log import KafkaEventLog
from backbone.postgres.engine import make_engine, raw_url, transaction
from backbone.search.elasticsearch.address import read_address as read_elasticsearch
from backbone.search.elasticsearch.index import ElasticsearchIndex
from backbone.wiring import open_log
from tests.contracts.certificates import Certificates, make_certificates

Handle = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
HEALTH = b"HTTP/1.1 200 OK\r\nX-Elastic-Product: Elasticsearch\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@asynccontextmanager
async def serving(handle: Handle, certificates: Certificates | None) -> AsyncIterator[int]:
    """The port of a server on localhost."""

    async def handle_quietly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            await handle(reader, writer)
        writer.close()

    server = await asyncio.start_server(handle_quietly, "localhost", 0, ssl=certificates.server if certificates else None)
    async with server:
        yield int(server.sockets[0].getsockname()[1])


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while block := await reader.read(1 << 16):
        writer.write(block)
        await writer.drain()


async def test_postgresql_by_tls(embedded_url: str, certificates: Certificates) -> None:
    parts = urlsplit(embedded_url)
    secure = 0

    async def end_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal secure
        await reader.readexactly(8)  # SSLRequest
        writer.write(b"S")
        await writer.start_tls(certificates.server)
        secure += 1
        behind = (
            asyncio.open_connection(parts.hostname, parts.port) if parts.hostname else asyncio.open_unix_connection(socket_of(embedded_url))
        )
        to_server = await behind
        ways = [asyncio.create_task(pass_on(reader, to_server[1])), asyncio.create_task(pass_on(to_server[0], writer))]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        to_server[1].close()

    async with serving(end_tls, None) as port:
        base = f"postgresql://{parts.username or 'postgres'}:{parts.password or ''}@localhost:{port}{parts.path}"
        for ca, is_good in ((certificates.ca, True), (certificates.other_ca, False)):
            engine = make_engine(f"{base}?sslmode=verify-full&sslrootcert={ca}", 1)
            assert "sslrootcert" in raw_url(engine)
            try:
                if is_good:
                    async with transaction(engine) as connection:
                        assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1
                    assert secure
                else:
                    with pytest.raises(Unavailable, match="certificate"):
                        async with transaction(engine) as connection:
                            await connection.execute(text("SELECT 1"))
            finally:
                await engine.dispose()


def socket_of(url: str) -> str:
    return f"{parse_qs(urlsplit(url).query)['host'][0]}/.s.PGSQL.5432"


async def test_elasticsearch_by_tls_and_a_key(certificates: Certificates) -> None:
    heads: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(HEALTH)
            await writer.drain()

    async with serving(answer, certificates) as port:
        for ca, is_good in ((certificates.ca, True), (certificates.other_ca, False)):
            address = read_elasticsearch(f"https://localhost:{port}/prefix?ca={ca}&api_key=c2VjcmV0")
            assert address.prefix == "prefix"
            index = ElasticsearchIndex(address.url, address.prefix, security=address.security)
            try:
                if is_good:
                    await index.check()
                else:
                    with pytest.raises(Unavailable):
                        await index.check()
            finally:
                await index.close()
    assert len(heads) == 1 and b"ApiKey c2VjcmV0" in heads[0]


async def test_kafka_by_tls(certificates: Certificates) -> None:
    """What aiokafka's clients are given: they take it, and it holds a server to the CA that was named."""

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        return

    async with serving(hang_up, certificates) as port:
        for ca, is_good in ((certificates.ca, True), (certificates.other_ca, False)):
            address = read_kafka(f"kafka://user:p%40ss@localhost:{port}/prefix?tls=true&ca={ca}&sasl=SCRAM-SHA-512")
            assert (address.bootstrap, address.prefix) == (f"localhost:{port}", "prefix")
            assert address.security["sasl_plain_password"] == "p@ss"
            AIOKafkaProducer(bootstrap_servers=address.bootstrap, **address.security)
            AIOKafkaConsumer(bootstrap_servers=address.bootstrap, **address.security)
            AIOKafkaAdminClient(bootstrap_servers=address.bootstrap, **address.security)
            connecting = asyncio.open_connection("localhost", port, ssl=address.security["ssl_context"], server_hostname="localhost")
            if is_good:
                (await connecting)[1].close()
            else:
                with pytest.raises(ssl.SSLCertVerificationError):
                    await connecting


WRONG = [
    "kafka://host:9092?tls=yes",
    "kafka://host:9092?ca=/x",
    "kafka://host:9092?sasl=PLAIN",
    "kafka://u:S3cret@host:9092?sasl=GSSAPI",
    "kafka://u:S3cret@host:9092?tls=true&ca=/no/such",
    "kafka://u:S3cret@host:9092?ssl=true",
    "https://host:9200?ca=/no/such",
    "http://host:9200?ca=/etc/hostname",
    "https://u:S3cret@host:9200?api_key=S3cret",
    "https://host:9200?apikey=S3cret",
    "https://host:9200?ca=/etc/hostname&ca=/etc/hosts",
    "kafka://u:S3cret@host:9092?tls=true&tls=false",
    "postgresql://u:S3cret@h/d?sslmode=on",
    "postgresql://u:S3cret@h/d?sslmode=require&sslrootcert=/no/such",
]


@pytest.mark.parametrize("url", WRONG)
def test_what_is_not_understood_is_refused_in_a_sentence(url: str) -> None:
    with pytest.raises(BadRequest) as refused:
        if url.startswith("kafka"):
            read_kafka(url)
        elif url.startswith("http"):
            read_elasticsearch(url)
        else:
            make_engine(url, 1)
    assert (
        "S3cret" not in refused.value.detail and "cannot be used" in refused.value.detail
    ) or "ROWMILL_POSTGRES_URL" in refused.value.detail


def test_without_tls_nothing_is_other_than_before(tmp_path: Path) -> None:
    assert read_kafka("kafka://a:9092,b:9092/prefix").security == {}
    assert isinstance(open_log("kafka://a:9092,b:9092", make_engine("postgresql://h/d", 1)), KafkaEventLog)
    assert read_elasticsearch("http://u:p@host:9200/x").url == "http://u:p@host:9200"
