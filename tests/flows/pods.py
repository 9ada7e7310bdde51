"""Starts Rowmill as its users do: real processes, spoken to over HTTP."""

import asyncio
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from backbone.errors import Unavailable
from backbone.eventlog.kafka.address import read_address
from backbone.eventlog.kafka.cluster import Cluster
from backbone.postgres.embedded.server import leave_embedded
from backbone.settings import Settings, read_settings
from services.command_line.maintain import repair_indices, verify_datasets
from services.indexer.audit.verify import Verified
from tests.flows import keyed
from tests.flows.nursery import Forked
from tests.no_tls import NO_TLS
from tests.stack import Stack

# What is measured (`bench/`), `make faults`, `attacks`, `coverage` and `test-rest` start each process as users do.
FORKS = "PYTEST_VERSION" in os.environ and os.environ.get("ROWMILL_TEST_EXEC") != "1"
READY_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 40.0
SOURCE_FOLDER = Path(tempfile.gettempdir()) / f"rowmill-test-sources-{os.getuid()}"  # what sources of the tests may read
ENDED = ("COMPLETE", "HELD", "FAILED", "CANCELLED", "DISCARDED", "UNDONE", "UNCHANGED")


@dataclass
class Pod:
    name: str
    url: str
    process: subprocess.Popen[bytes] | Forked
    output: Path
    services: Sequence[str] = ()

    def wait_until_ready(self) -> None:
        def answers() -> bool:
            assert self.process.poll() is None, f"{self.name} ended with {self.process.returncode}:\n{self.output.read_text()[-4000:]}"
            try:
                return httpx.get(f"{self.url}/health/ready", timeout=5, verify=NO_TLS).is_success
            except httpx.TransportError:
                return False

        try:
            wait_for(answers, READY_TIMEOUT_S, f"{self.name} is ready")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.output.read_text()[-4000:]}") from None

    def stop(self) -> None:
        self.process.terminate()
        assert self.process.wait(STOP_TIMEOUT_S) == 0, f"{self.name} did not end well:\n{self.output.read_text()[-4000:]}"

    def kill(self) -> None:
        """As a machine that loses its power, or a kernel that is out of memory."""
        self.process.kill()
        self.process.wait(STOP_TIMEOUT_S)

    def peak_mib(self) -> float:
        """The most memory it ever had, as the kernel counts it."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        raise AssertionError("the kernel does not tell")


@dataclass
class Rowmill:
    """A running Rowmill of either home, and the environment its processes have."""

    home: str
    environment: Mapping[str, str]
    pods: dict[str, Pod] = field(default_factory=dict)

    @property
    def uploads(self) -> httpx.Client:
        return self._client("upload")

    @property
    def readers(self) -> httpx.Client:
        return self._client("query")

    def _client(self, service: str) -> httpx.Client:
        pod = self.pods.get(service) or self.pods["all"]
        return httpx.Client(base_url=pod.url, timeout=60, headers=keyed.AUTHORIZED, verify=NO_TLS)

    def upload(self, content: bytes, **options: str) -> dict[str, Any]:
        with self.uploads as http:
            response = http.post("/api/uploads", params=options, content=content)
            assert response.status_code == 202, response.text
            assert response.headers["location"] == f"/api/uploads/{response.json()['id']}"
            return dict(response.json())

    def wait(self, upload: Mapping[str, Any], timeout_s: float = 120) -> dict[str, Any]:
        """The upload once it has ended."""
        with self.uploads as http:
            found: dict[str, Any] = {}

            def ended() -> bool:
                found.update(http.get(f"/api/uploads/{upload['id']}").json())
                return found["state"] in ENDED

            try:
                wait_for(ended, timeout_s, f"upload {upload['id']} has ended")
            except AssertionError as error:
                raise AssertionError(f"{error}; it is {found}\n{self.logs()}") from None
            return found

    def kill_all(self) -> None:
        for pod in self.pods.values():
            pod.process.kill()

    def restart(self, name: str, *, same_port: bool = False) -> None:
        """In the place of a pod that has died. It listens on another port, where nobody waits for it on its own."""
        dead = self.pods[name]
        port = urlsplit(dead.url).port if same_port else None
        self.pods[name] = start_pod(name, dead.services, self.environment, dead.output.parent, port)
        self.pods[name].wait_until_ready()

    def logs(self) -> str:
        """The end of what each process wrote."""
        return "\n".join(f"--- {pod.name}\n{pod.output.read_text()[-3000:]}" for pod in self.pods.values())

    def load(self, content: bytes, **options: str) -> dict[str, Any]:
        done = self.wait(self.upload(content, **options))
        assert done["state"] == "COMPLETE", done
        return done

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs `rowmill …` with the environment of the running processes."""
        program = [sys.executable, "-m", "rowmill"]
        environment = {**os.environ, **keyed.CLIENT, **self.environment}
        return subprocess.run([*program, *arguments], env=environment, capture_output=True, text=True, timeout=120, check=False)

    def verify(self, dataset: str) -> None:
        """`rowmill verify --deep` would find nothing; done in this process, for a new one takes longer than the verifying."""

        async def verify() -> list[Verified]:
            return [verified async for verified in verify_datasets(self.settings(), [dataset], deep=True)]

        for verified in asyncio.run(verify()):
            assert not verified.differences, verified.differences

    def repair(self, dataset: str) -> None:
        """As `rowmill index --repair`."""
        asyncio.run(repair_indices(self.settings(), [dataset]))

    def settings(self) -> Settings:
        """Those that the processes have."""
        return read_settings({**os.environ, **self.environment})

    def rows(self, dataset: str, **parameters: Any) -> dict[str, Any]:
        with self.readers as http:
            response = http.get(f"/api/datasets/{dataset}/rows", params=parameters)
            assert response.status_code == 200, response.text
            return dict(response.json())


def wait_for(condition: Any, timeout_s: float, what: str) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout_s} s: {what}"
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_pod(
    name: str, services: Sequence[str], environment: Mapping[str, str], folder: Path, port: int | None = None, *, anew: bool = not FORKS
) -> Pod:
    """`anew`: by a Python of its own, as users do it, and as variables need that are not Rowmill's: they are there before the first import."""
    anew = anew or not all(variable.startswith("ROWMILL_") for variable in environment)
    port = port or free_port()
    output = folder / f"{name}.log"
    environment = {**os.environ, **environment, "ROWMILL_HTTP_PORT": str(port)}
    process: subprocess.Popen[bytes] | Forked
    if anew:
        with output.open("ab") as log:
            process = subprocess.Popen([sys.executable, "-m", "services", *services], env=environment, stdout=log, stderr=log)
    else:
        process = Forked(services, environment, output)
    return Pod(name, f"http://127.0.0.1:{port}", process, output, services)


@contextmanager
def running(home: str, pods: Mapping[str, list[str]], environment: Mapping[str, str]) -> Iterator[Rowmill]:
    """`pods`: a name and the services of each process; no services means all of them."""
    with tempfile.TemporaryDirectory(prefix="rowmill-logs-") as folder, ExitStack() as started:
        environment = {**keyed.SETTINGS, "ROWMILL_OUTGOING_ALLOW": "127.0.0.1", "ROWMILL_SOURCE_FOLDERS": str(SOURCE_FOLDER), **environment}
        rowmill = Rowmill(home, environment)
        started.callback(rowmill.kill_all)
        for name, services in pods.items():
            rowmill.pods[name] = start_pod(name, services, environment, Path(folder))
        for pod in rowmill.pods.values():
            pod.wait_until_ready()
        yield rowmill
        for pod in rowmill.pods.values():
            if pod.process.poll() is None:
                pod.stop()


@contextmanager
def embedded(**more: str) -> Iterator[Rowmill]:
    """One process, nothing but pip packages."""
    with tempfile.TemporaryDirectory(prefix="rowmill-home-") as home:
        with running("embedded", {"all": []}, {"ROWMILL_HOME": home, **more}) as rowmill:
            yield rowmill
        leave_embedded(Path(home))


FOUR = {"upload": ["upload"], "parser": ["parser"], "indexer": ["indexer"], "query": ["query"]}

SMALL_ROWS_MAX = os.environ.get("ROWMILL_TEST_SMALL_ROWS_MAX", "0")


@contextmanager
def distributed(stack: Stack, postgres_url: str, pods: Mapping[str, list[str]] = FOUR, /, **more: str) -> Iterator[Rowmill]:
    """Four processes on the real servers, with names of their own in each of them. Small tables, too, have their index in Elasticsearch, but for
    those of so many rows as ROWMILL_TEST_SMALL_ROWS_MAX says."""
    environment = on_stack(stack, postgres_url)
    try:
        with running("distributed", pods, {**environment, "ROWMILL_SMALL_ROWS_MAX": SMALL_ROWS_MAX, **more}) as rowmill:
            yield rowmill
    finally:
        _drop_indices(environment["ROWMILL_SEARCH_URL"])
        _drop_topics(environment["ROWMILL_EVENTS_URL"])


def _drop_indices(search_url: str) -> None:
    """An Elasticsearch full of other tests' indices makes the next tests slow."""
    server, _, prefix = search_url.rpartition("/")
    indices = httpx.get(f"{server}/_cat/indices/{prefix}-*", params={"h": "index"}, verify=NO_TLS).text.split()
    for some in batched(indices, 40):  # each request is a change of the cluster's state, however many it takes away
        httpx.delete(f"{server}/{','.join(some)}", timeout=60)


def _drop_topics(events_url: str) -> None:
    """A Kafka with thousands of other tests' partitions takes seconds to answer, and in the end has no more memory maps."""
    address = read_address(events_url)

    async def drop() -> None:
        cluster = Cluster(address.bootstrap, address.prefix, address.security)
        with suppress(Unavailable):  # a test may have taken it away
            await cluster.delete_topics()
        await cluster.close()

    asyncio.run(drop())


def batched(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def on_stack(stack: Stack, postgres_url: str) -> dict[str, str]:
    minio = urlsplit(stack.minio)
    name = f"test-{secrets.token_hex(4)}"
    return {
        "ROWMILL_POSTGRES_URL": postgres_url,
        # Many pods of many tests share one PostgreSQL, which takes a hundred connections.
        "ROWMILL_POSTGRES_CONNECTIONS_MAX": "6",
        "ROWMILL_READERS_MAX": "4",
        "ROWMILL_EVENTS_URL": f"kafka://{stack.kafka}/{name}",
        "ROWMILL_PARTITIONS": "12",  # a broker that is shared takes seconds to make ten topics of 64
        "ROWMILL_FILES_URL": f"s3://{minio.username}:{minio.password}@rowmill-test/{name}?endpoint=http://{minio.hostname}:{minio.port}",
        "ROWMILL_SEARCH_URL": f"{stack.elasticsearch}/{name}",
    }
