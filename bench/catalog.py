"""The catalog at size: `python -m bench.catalog [UPLOADS] [CHUNKS]` (1,000,000 and 10,000,000) makes a history by SQL and measures what the API asks.

One process on a PostgreSQL of STACK_POSTGRES, which gets a database of its own. Prints the median and the slowest of each list and read over HTTP, with
the key of an administrator and with keys that see few of the datasets; then what a small file costs, to COMPLETE, in the dataset with the longest
history and in a new one.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any, Final

import anyio
import httpx
from rich.console import Console
from rich.table import Table

from bench.catalog_history import BUSY, make_history
from bench.homes import bench_database, machine
from tests.flows.keyed import KEY
from tests.flows.pods import Rowmill, running
from tests.stack import find_stack

TIMES: Final = 20
MEDIAN_MS_MAX: Final = 50.0
DEEP: Final = 20  # pages of 1,000
ROWS: Final = 40
out: Final = Console(width=160)


def small_file(mark: str) -> bytes:
    """Ten columns, and two records that are too long."""
    lines = [f"{n},Part {n} {mark},{n}.50,2026-01-{n % 28 + 1:02},{n % 7},red,{n * 3},yes,Street {n},{n % 90}.25" for n in range(ROWS)]
    misfits = [f"{n},too,long,{','.join('x' * 20)}" for n in (900, 901)]
    return "\n".join(["sku,name,price,listed,shelf,colour,stock,sold,street,weight", *lines, *misfits, ""]).encode()


def calls(http: httpx.Client, webhook: str) -> Iterator[tuple[str, str]]:
    """What is measured: how it is called here, and the path."""
    uploads = "/api/uploads"
    yield "uploads", uploads
    for sort in ("created", "name", "-name", "size", "-size", "state", "-state"):
        yield f"uploads, sort={sort}", f"{uploads}?sort={sort}"
    for state in ("COMPLETE", "FAILED", "HELD", "PENDING"):
        yield f"uploads, state={state}", f"{uploads}?state={state}"
        yield f"uploads, state={state}, sort=-size", f"{uploads}?state={state}&sort=-size"
    for dataset in (BUSY, "shop-1", "unheard"):
        for rest in (
            "",
            "&sort=created",
            "&sort=-name",
            "&sort=-size",
            "&sort=state",
            "&state=FAILED",
            "&state=PENDING",
            "&state=FAILED&sort=name",
        ):
            yield f"uploads, dataset={dataset}{rest.replace('&', ', ')}", f"{uploads}?dataset={dataset}{rest}"
    for sort in ("-created", "-size"):
        yield f"uploads, sort={sort}, page {DEEP} of 1,000", deep(http, f"{uploads}?sort={sort}")
    newest = one(http, f"{uploads}?dataset={BUSY}&state=COMPLETE&limit=1", "uploads")["id"]
    yield "an upload", f"{uploads}/{newest}"
    yield "its rejects", f"{uploads}/{newest}/rejects"
    yield "its rejects as CSV", f"{uploads}/{newest}/rejects.csv"
    yield "its progress, first event", f"{uploads}/{newest}/events"
    yield "datasets", "/api/datasets"
    yield "datasets, the second page of 1,000", deep(http, "/api/datasets?", 1)
    for dataset in (BUSY, "shop-1"):
        yield f"dataset {dataset}", f"/api/datasets/{dataset}"
    yield "a page of rows", f"/api/datasets/{BUSY}/rows"
    yield "a search", f"/api/datasets/{BUSY}/rows?q=part 7"
    row = one(http, f"/api/datasets/{BUSY}/rows?limit=1", "rows")["row"]
    yield "a row with its origin", f"/api/datasets/{BUSY}/rows/{row}"
    yield "groups", f"/api/datasets/{BUSY}/groups?by=shelf"
    version = http.get(f"/api/datasets/{BUSY}").json()["version"]
    yield "what a version changed", f"/api/datasets/{BUSY}/versions/{version}/changes"
    yield "audit", "/api/audit"
    for wanted in (
        f"dataset={BUSY}",
        "dataset=shop-1",
        "dataset=unheard",
        "action=upload.published",
        "action=key.revoked",
        "principal=first",
        "principal=unheard",
        "since=2026-01-01T00:00:00Z",
        "until=2020-01-01T00:00:00Z",
        f"dataset={BUSY}&action=dataset.changed",
    ):
        yield f"audit, {wanted}", f"/api/audit?{wanted}"
    yield "webhooks", "/api/webhooks"
    yield "deliveries", f"/api/webhooks/{webhook}/deliveries"
    yield f"deliveries, page {DEEP} of 1,000", deep(http, f"/api/webhooks/{webhook}/deliveries?")
    yield "keys", "/api/keys"
    for name in ("sources", "enrichments", "me", "workers", "dead-letters"):
        yield name, f"/api/{name}"
    yield "metrics (asked anew every 5 s)", "/metrics"
    yield "readiness", "/health/ready"


def calls_of_few() -> Iterator[tuple[str, str]]:
    """As one who sees some datasets of many."""
    for path in ("/api/uploads", "/api/uploads?sort=name", "/api/uploads?state=FAILED", "/api/datasets", "/api/me"):
        yield path, path


def one(http: httpx.Client, path: str, name: str) -> dict[str, Any]:
    answer = http.get(path)
    answer.raise_for_status()
    return dict(answer.json()[name][0])


def deep(http: httpx.Client, path: str, pages: int = DEEP) -> str:
    """The path of the page behind so many, or of the last one."""
    path, cursor = f"{path}&limit=1000" if "?" in path else f"{path}?limit=1000", ""
    for _ in range(pages):
        answer = http.get(f"{path}{cursor}")
        answer.raise_for_status()
        if (token := answer.json()["next_cursor"]) is None:
            break
        cursor = f"&cursor={token}"
    return f"{path.replace('limit=1000', 'limit=50')}{cursor}"


def measure(http: httpx.Client, who: str, asked: Iterator[tuple[str, str]], table: Table) -> int:
    """How many are over the budget."""
    slow = 0
    for name, path in asked:
        times = sorted(asked_ms(http, path) for _ in range(TIMES))
        median = statistics.median(times)
        slow += median > MEDIAN_MS_MAX
        table.add_row(who, name, f"{median:,.1f}", f"{times[-1]:,.1f}", style="bold" if median > MEDIAN_MS_MAX else "")
    return slow


def asked_ms(http: httpx.Client, path: str) -> float:
    if path == "/metrics":
        time.sleep(0.3)
    began = time.perf_counter()
    with http.stream("GET", path) as answer:
        for _ in answer.iter_bytes():  # of a stream of events the first is enough
            if path.endswith("/events"):
                break
        assert answer.is_success, (path, answer.status_code)
    return (time.perf_counter() - began) * 1000


def write_ms(rowmill: Rowmill, http: httpx.Client, dataset: str) -> Iterator[float]:
    for number in range(TIMES // 4):
        began = time.perf_counter()
        answer = http.post(
            "/api/uploads", params={"dataset": dataset, "mode": "upsert", "key": "sku"}, content=small_file(f"again {number}")
        )
        answer.raise_for_status()
        while http.get(f"/api/uploads/{answer.json()['id']}").json()["state"] != "COMPLETE":
            time.sleep(0.01)
        yield (time.perf_counter() - began) * 1000


def few(http: httpx.Client, datasets: list[str]) -> httpx.Client:
    made = http.post("/api/keys", json={"name": ", ".join(datasets), "scopes": ["read"], "datasets": datasets})
    made.raise_for_status()
    return httpx.Client(base_url=http.base_url, timeout=60, headers={"Authorization": f"Bearer {made.json()['key']}"})


def run(rowmill: Rowmill, url: str, uploads: int, chunks: int) -> None:
    with httpx.Client(base_url=rowmill.pods["all"].url, timeout=300, headers={"Authorization": f"Bearer {KEY}"}) as http:
        sent = http.post("/api/uploads", params={"dataset": BUSY, "mode": "upsert", "key": "sku"}, content=small_file("first"))
        sent.raise_for_status()
        while (state := http.get(f"/api/uploads/{sent.json()['id']}").json()["state"]) != "COMPLETE":
            assert state in ("PENDING", "PROCESSING"), state
            time.sleep(0.05)
        hook = http.post("/api/webhooks", json={"url": "http://127.0.0.1:9/", "events": ["upload.held"]})
        hook.raise_for_status()
        began = time.monotonic()
        made = anyio.run(make_history, url, sent.json()["id"], uploads, chunks)
        out.print(f"made in {time.monotonic() - began:,.0f} s:", {name: f"{count:,}" for name, count in made.items()})
        table = Table(
            "who", "call", "median ms", "slowest ms", title=f"{uploads:,} uploads, {chunks:,} chunks; {TIMES} times each; {machine()}"
        )
        slow = measure(http, "admin", calls(http, hook.json()["id"]), table)
        for datasets in (["shop-1"], ["shop-1*"], ["unheard-*"]):
            with few(http, datasets) as restricted:
                slow += measure(restricted, ", ".join(datasets), calls_of_few(), table)
        for dataset in (BUSY, "new"):
            times = sorted(write_ms(rowmill, http, dataset))
            table.add_row("admin", f"a file of {ROWS} rows to COMPLETE, {dataset}", f"{statistics.median(times):,.0f}", f"{times[-1]:,.0f}")
        out.print(table, f"{slow} of them have a median of more than {MEDIAN_MS_MAX:g} ms.")


def main(arguments: list[str]) -> None:
    uploads, chunks = [int(one.replace(",", "").replace("_", "")) for one in arguments] or [1_000_000, 10_000_000]
    with find_stack() as stack, tempfile.TemporaryDirectory(prefix="rowmill-catalog-") as home:
        if stack is None:
            sys.exit("This needs a PostgreSQL: set STACK_*.")
        with bench_database(stack) as url:
            environment = {
                "ROWMILL_POSTGRES_URL": url,
                "ROWMILL_HOME": home,
                "ROWMILL_AUTH": "keys",
                "ROWMILL_FIRST_KEY": KEY,
                "ROWMILL_REQUESTS_PER_MINUTE_MAX": "0",
                "ROWMILL_POSTGRES_CONNECTIONS_MAX": "6",
                "ROWMILL_READERS_MAX": "4",
            }
            with running("postgres", {"all": []}, environment) as rowmill:
                run(rowmill, url, uploads, chunks)


if __name__ == "__main__":
    main(sys.argv[1:])
