"""This checkout beside another one, in turns and in one run: `python -m bench.beside FOLDER [ROUNDS] [ROWS] [embedded] [distributed]`.

FOLDER is a checkout of another commit with an environment of its own in `.venv`. Both run at once, on the same servers, and only one of them has
work at a time; each round they take turns in who begins. A ratio is the other's median ÷ this one's: above 1, this one is faster.
"""

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
from rich.console import Console
from rich.table import Table

from bench.homes import machine
from bench.products import write_products
from tests.flows.pods import wait_for

WAIT_S: Final = 600.0
PAGE: Final = 1_000  # rows of a page of the walk by cursor
READS: Final = 60
FAST_MS: Final = 100.0
HERE: Final = Path(__file__).parent.parent
HTTP: Final = httpx.Client(timeout=60)  # one, kept: a new one reads the machine's certificates, which takes longer than a page
out: Final = Console(width=140)


@dataclass(frozen=True)
class Held:
    name: str
    pods: dict[str, dict[str, Any]]

    def pod(self, name: str) -> dict[str, Any]:
        return self.pods.get(name) or self.pods["all"]

    def ask(self, pod: str, path: str, **parameters: Any) -> dict[str, Any]:
        answer = HTTP.get(f"{self.pod(pod)['url']}{path}", params=parameters).raise_for_status()
        return dict(answer.json())

    def peak_mib(self, pod: str) -> float:
        lines = Path(f"/proc/{self.pods[pod]['process']}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


Times = dict[str, dict[str, list[float]]]  # what, then the checkout's name


@contextmanager
def held(folder: Path, name: str, home: str) -> Iterator[Held]:
    script = Path(__file__).with_name("beside_held.py")
    command = [str(folder / ".venv/bin/python"), str(script), home]
    environment = {**os.environ, "PYTHONPATH": str(folder), "PATH": f"{folder / '.venv/bin'}:{os.environ['PATH']}"}
    with subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield Held(name, json.loads(process.stdout.readline()))


def send(one: Held, file: Path, dataset: str) -> tuple[str, float]:
    """Its identifier, and the seconds of the request by curl."""
    url = f"{one.pod('upload')['url']}/api/uploads?dataset={dataset}"
    command = ["curl", "-sS", "--fail", "-X", "POST", "-H", "Content-Type: text/csv", "-T", str(file), url]
    started = time.perf_counter()
    answer = subprocess.run(command, check=True, capture_output=True).stdout
    return json.loads(answer)["id"], time.perf_counter() - started


def complete(one: Held, upload: str) -> dict[str, Any]:
    found: dict[str, Any] = {}

    def ended() -> bool:
        found.update(one.ask("upload", f"/api/uploads/{upload}"))
        assert found["state"] not in ("FAILED", "HELD"), found
        return bool(found["state"] == "COMPLETE")

    wait_for(ended, WAIT_S, "the upload is complete")
    return found


def load_in_parts(one: Held, file: Path, dataset: str) -> dict[str, float]:
    """The indexer stands still until all rows are in PostgreSQL, as in `bench.indexing`."""
    indexer = one.pod("indexer")["process"]
    os.kill(indexer, signal.SIGSTOP)
    try:
        upload, upload_s = send(one, file, dataset)
        wait_for(lambda: one.ask("upload", f"/api/uploads/{upload}")["timings"]["load_s"] is not None, WAIT_S, "all rows are loaded")
    finally:
        os.kill(indexer, signal.SIGCONT)
    started = time.perf_counter()
    rows_s = complete(one, upload)["timings"]["load_s"]
    return {"1: upload, s": upload_s, "2: rows, s": rows_s, "3: documents, s": time.perf_counter() - started}


def load_at_once(one: Held, file: Path, dataset: str) -> dict[str, float]:
    started = time.perf_counter()
    upload, _ = send(one, file, dataset)
    complete(one, upload)
    return {"4: upload to COMPLETE, s": time.perf_counter() - started}


def in_turns(both: list[Held], rounds: int, work: Callable[[Held, int], dict[str, float]], times: Times) -> None:
    for number in range(rounds):
        for one in both if number % 2 else reversed(both):
            for what, taken in work(one, number).items():
                times.setdefault(what, {}).setdefault(one.name, []).append(taken)


def reader(both: list[Held], dataset: str) -> Callable[[Held, int], dict[str, float]]:
    """A page of search for two words of a row, page 1 by cursor and the last one, all of the same rows."""
    path = f"/api/datasets/{dataset}/rows"
    texts = [row["values"]["description"].split() for row in both[0].ask("query", path, limit=1_000)["rows"]]
    words = [" ".join(text[1:3]).strip('.,"') for text in texts if len(text) > 3]
    last = {one.name: last_cursor(one, path) for one in both}

    def read(one: Held, number: int) -> dict[str, float]:
        asked: dict[str, dict[str, Any]] = {
            "5: a page of search, ms": {"q": words[number * 7 % len(words)], "limit": 50},
            "6: page 1, ms": {"limit": 100},
            "6: the last page, ms": {"limit": 100, "cursor": last[one.name]},
        }
        return {what: milliseconds(one, path, parameters) for what, parameters in asked.items()}

    return read


def last_cursor(one: Held, path: str) -> str:
    cursor = one.ask("query", path, limit=PAGE)["next_cursor"]
    while True:
        following = one.ask("query", path, limit=PAGE, cursor=cursor)["next_cursor"]
        if following is None:
            return str(cursor)
        cursor = following


def milliseconds(one: Held, path: str, parameters: dict[str, Any]) -> float:
    started = time.perf_counter()
    one.ask("query", path, **parameters)
    return (time.perf_counter() - started) * 1000


def settle(both: list[Held], datasets: list[str], home: str) -> None:
    """The words of the embedded home's rows are kept beside the readers, a table after the other; a search is fast once they are. Elasticsearch goes on
    merging segments after a load, on the processors that the readers have."""
    if home == "distributed":
        server = os.environ["STACK_ELASTICSEARCH"]
        wait_for(lambda: not HTTP.get(f"{server}/_stats/merge").json()["_all"]["total"]["merges"]["current"], WAIT_S, "segments are merged")
    for one in both:
        for dataset in datasets:
            path = f"/api/datasets/{dataset}/rows"
            wait_for(lambda one=one, path=path: milliseconds(one, path, {"q": "unheard"}) < FAST_MS, WAIT_S, f"{dataset} is searched fast")


def measure(home: str, other: Path, file: Path, rounds: int) -> None:
    times: Times = {}
    with ExitStack() as running:
        both = [running.enter_context(held(folder, name, home)) for folder, name in ((other, "other"), (HERE, "this"))]
        if home == "distributed":
            in_turns(both, rounds, lambda one, number: load_in_parts(one, file, f"parts-{number}"), times)
        in_turns(both, rounds, lambda one, number: load_at_once(one, file, f"whole-{number}"), times)
        settle(both, [f"whole-{number}" for number in range(rounds)], home)
        in_turns(both, READS, reader(both, "whole-0"), times)
        peaks = ["7: peak MiB: " + ", ".join(f"{name} {one.name} {one.peak_mib(name):.0f}" for name in one.pods) for one in both]
    show(home, rounds, times)
    out.print(*peaks, sep="\n")


def show(home: str, rounds: int, times: Times) -> None:
    table = Table("line", "other", "this", "other ÷ this", title=f"{home}, {rounds} rounds, {machine()}", title_justify="left")
    for what, values in times.items():
        told = {name: f"{statistics.median(each):.2f} ({min(each):.2f} – {max(each):.2f})" for name, each in values.items()}
        ratio = statistics.median(values["other"]) / statistics.median(values["this"])
        table.add_row(what, told["other"], told["this"], f"{ratio:.2f} ×")
    out.print(table)


def main(arguments: list[str]) -> None:
    numbers = [int(each) for each in arguments if each.isdigit()]
    rounds, rows = (*numbers, *(5, 500_000)[len(numbers) :])
    homes = [each for each in arguments if each in ("embedded", "distributed")] or ["embedded", "distributed"]
    other = Path(next(each for each in arguments if not each.isdigit() and each not in homes)).resolve()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "products.csv"
        write_products(file, rows)
        for home in homes:
            measure(home, other, file, rounds)


if __name__ == "__main__":
    main(sys.argv[1:])
