"""The chart with production values in a namespace of its own, on servers outside of it: tested, guarded, scaled, and not disturbed by pods that go."""

import secrets
import threading
import time
from collections import Counter
from typing import Final

import httpx

from tools.cluster_test.kube import RELEASE_PARTS, Failed, Namespace, run, wait_for_upload, wait_until
from tools.cluster_test.plain import PLAIN

PRODUCTION: Final = Namespace("rowmill-production")
CHART: Final = "helm/rowmill"
DATABASE: Final = "production"
ROWS: Final = 500_000
SERVERS: Final = ("postgres", "kafka", "minio", "elasticsearch")
PASSWORD: Final = "rowmill-on-this-node"
SMALL: Final = ("requests.cpu=20m", "requests.memory=160Mi")
# Words of the production values, and what a single node has no room for.
VALUES: Final = (
    "image.repository=rowmill",
    "image.tag=latest",
    "image.pullPolicy=IfNotPresent",
    f"events.url=kafka://rowmill-kafka.{PLAIN.name}:9092/production",
    "web.service.type=NodePort",
    "web.hosts=null",
    "web.replicas=2",
    "upload.autoscaling.min=2",
    "query.autoscaling.min=2",
    "parser.autoscaling.min=1",
    "parser.autoscaling.max=4",
    "indexer.autoscaling.min=1",
    "indexer.autoscaling.max=2",
    "monitoring.serviceMonitor.enabled=false",
    "monitoring.rules.enabled=false",
    *(f"{part}.resources.{request}" for part in ("upload", "parser", "indexer", "query") for request in SMALL),
)


def make_servers() -> str:
    """Those of the namespace before, without its services and its policies, as if somebody else ran them."""
    PLAIN.kubectl("delete", "deployment,hpa,networkpolicy", "--all", "--wait=true")
    exists = PLAIN.execute("rowmill-postgres-0", "psql", "-U", "rowmill", "-tc", f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'")
    if not exists.strip():
        PLAIN.execute("rowmill-postgres-0", "createdb", "-U", "rowmill", DATABASE)
    # By this name and no other does Kafka tell its clients where it is.
    advertised = f"PLAINTEXT://rowmill-kafka.{PLAIN.name}:9092"
    PLAIN.kubectl("set", "env", "statefulset/rowmill-kafka", f"KAFKA_ADVERTISED_LISTENERS={advertised}")
    PLAIN.wait_for_rollouts("statefulset")
    return f"{', '.join(SERVERS)} in {PLAIN.name}"


def install() -> str:
    PRODUCTION.create({"pod-security.kubernetes.io/enforce": "restricted"})
    host = PLAIN.name
    urls = {
        "postgres": f"postgresql://rowmill:{PASSWORD}@rowmill-postgres.{host}:5432/{DATABASE}",
        "files": f"s3://rowmill:{PASSWORD}@rowmill/production?endpoint=http://rowmill-minio.{host}:9000",
        "search": f"http://rowmill-elasticsearch.{host}:9200/production",
    }
    for name, url in urls.items():
        PRODUCTION.kubectl("delete", "secret", f"rowmill-{name}", "--ignore-not-found")
        PRODUCTION.kubectl("create", "secret", "generic", f"rowmill-{name}", f"--from-literal=url={url}")
    helm_upgrade()
    PRODUCTION.wait_for_rollouts("deployment")
    return f'{len(PRODUCTION.objects("pods"))} pods under Pod Security "restricted"'


def helm_upgrade(*more: str) -> None:
    sets = [part for value in (*VALUES, *more) for part in ("--set", value)]
    command = (
        "helm",
        "upgrade",
        "--install",
        "rowmill",
        CHART,
        "--namespace",
        PRODUCTION.name,
        "--values",
        f"{CHART}/values-production.yaml",
    )
    run(*command, *sets, "--wait", "--timeout", "10m")


def helm_test() -> str:
    said = run("helm", "test", "rowmill", "--namespace", PRODUCTION.name, "--timeout", "5m")
    if "Succeeded" not in said:  # without a test in the chart helm is content too
        raise Failed(f"helm tested nothing: {said}")
    return "a file went in through the front door and was found"


_CONNECT: Final = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), 4).close()
    print("open")
except OSError:
    print("closed")
"""


def try_connections() -> str:
    """Who may reach whom, tried from within the pods. What is open shows that the closed ones are not closed by accident."""
    host = PLAIN.name
    expected = {
        ("parser", f"rowmill-postgres.{host}", 5432): "open",
        ("parser", f"rowmill-kafka.{host}", 9092): "open",
        ("parser", f"rowmill-minio.{host}", 9000): "open",
        ("parser", f"rowmill-elasticsearch.{host}", 9200): "closed",
        ("upload", f"rowmill-elasticsearch.{host}", 9200): "closed",
        ("indexer", f"rowmill-elasticsearch.{host}", 9200): "open",
        ("parser", "rowmill-query", 8000): "closed",
        ("query", "rowmill-upload", 8000): "closed",
        ("indexer", "rowmill-web", 80): "closed",
        ("query", "kubernetes.default", 443): "closed",
    }
    tried = {
        (part, target, port): PRODUCTION.execute(f"deployment/rowmill-{part}", "python", "-c", _CONNECT, target, str(port)).strip()
        for part, target, port in expected
    }
    foreign = {
        ("another namespace", f"rowmill-{part}.{PRODUCTION.name}", port): PLAIN.execute(
            "rowmill-minio-0",
            "curl",
            "-s",
            "-m",
            "4",
            "-o",
            "/dev/null",
            "-w",
            "%{http_code}",
            f"http://rowmill-{part}.{PRODUCTION.name}:{port}/health/live",
            check=False,
        ).strip()
        for part, port in (("query", 8000), ("upload", 8000), ("parser", 8000))
    }
    wrong = {route: answer for route, answer in tried.items() if answer != expected[route]}
    wrong |= {route: answer for route, answer in foreign.items() if answer != "000"}
    if wrong:
        raise Failed(f"connections are not as the policies say: {wrong}")
    return f"{list(expected.values()).count('open')} allowed connections open, {list(expected.values()).count('closed') + len(foreign)} others closed"


def many_rows() -> bytes:
    return b"id,name,price\n" + b"".join(b"%d,thing %d,%d.50\n" % (number, number % 1000, number % 97) for number in range(ROWS))


class Readers(threading.Thread):
    """Asks for rows again and again, and counts what it is answered."""

    def __init__(self, http: httpx.Client) -> None:
        super().__init__(daemon=True)
        self.answers: Counter[str] = Counter()
        self._http = http
        self._stopping = threading.Event()

    def run(self) -> None:
        while not self._stopping.wait(0.1):
            try:
                self.answers[str(self._http.get("/api/datasets/helm-test/rows", params={"q": "teapot"}).status_code)] += 1
            except httpx.TransportError as error:
                self.answers[type(error).__name__] += 1

    def stop(self) -> Counter[str]:
        self._stopping.set()
        self.join(90)
        return self.answers


def load_through_trouble() -> str:
    """While a file is loaded the parsers scale out, every pod is deleted once, and a new version is rolled out; readers notice nothing."""
    with PRODUCTION.web() as http:
        dataset = f"many-{secrets.token_hex(3)}"
        answer = http.post("/api/uploads", params={"dataset": dataset}, content=many_rows())
        if answer.status_code != 202:
            raise Failed(f"the upload was answered with {answer.status_code}: {answer.text[:300]}")
        began = time.monotonic()
        readers = Readers(PRODUCTION.web())
        readers.start()
        most = wait_for_scale_out()
        deleted = delete_each_pod()
        disturbed = Counter(readers.answers)
        helm_upgrade(f"podAnnotations.rolled=at-{int(time.time())}")
        upload = wait_for_upload(http, answer.json()["id"], 1200)
        seconds = time.monotonic() - began
        answers = readers.stop()
        total = http.get(f"/api/datasets/{dataset}/rows", params={"limit": "1", "total": "exact"}).json()["total"]
    if upload["rows"] != ROWS or total["value"] != ROWS:
        raise Failed(f"{upload['rows']} rows were loaded and {total} are found, of {ROWS}")
    if lost := {answer: count for answer, count in answers.items() if answer != "200"}:
        raise Failed(f"readers got {lost} beside {answers['200']} answers; before the upgrade {dict(disturbed)}")
    return (
        f"{ROWS} rows in {seconds:.0f} s, {most} parsers at most, {deleted} pods deleted, one upgrade, {answers['200']} reads and none lost"
    )


def wait_for_scale_out() -> int:
    """The most parsers that were there."""

    def parsers() -> int:
        (scaler,) = [found for found in PRODUCTION.objects("hpa") if found["metadata"]["name"] == "rowmill-parser"]
        return int(scaler["status"].get("currentReplicas", 0))

    wait_until(lambda: parsers() > 1, 240, "the parsers scale out")
    return parsers()


def delete_each_pod() -> int:
    """Each of those that are there now, a service after the other, as the drains of several nodes would."""
    count = 0
    for part in RELEASE_PARTS:
        for pod in PRODUCTION.pods(part):
            PRODUCTION.kubectl("delete", "pod", pod, "--wait=false")
            count += 1
            PRODUCTION.kubectl("rollout", "status", f"deployment/rowmill-{part}", "--timeout=300s")
    return count


def verify() -> str:
    """`rowmill verify` ends with 1 where something differs, and names it."""
    return PRODUCTION.execute("deployment/rowmill-query", "rowmill", "verify", "--deep").strip().splitlines()[-1]
