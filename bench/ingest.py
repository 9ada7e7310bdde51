"""Ingest against its rivals, alternating in one run: `python -m bench.ingest [ROWS] [ROUNDS]`. `make bench` runs it.

Upload over HTTP against minio-py's put of the same file; file to rows with 2 parsers against `psql \\copy` into the same typed table;
and, once each, what users write today: pandas with `to_sql(method="multi")`, and dlt. Ratios are rival's time ÷ ours: above 1 we are
faster. Every figure is the median of the rounds, with the lowest and the highest.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from bench.files import KINDS
from bench.homes import bench_database, machine
from tests.flows.pods import Rowmill, distributed, wait_for
from tests.stack import Stack, find_stack

RIVALS: Final = Path(__file__).parent / "rivals"
RIVAL_PYTHON: Final = Path(".venv-bench/bin/python")
SCRIPTS: Final = ("pandas_to_sql", "dlt_load")
OURS: Final = "upload and rows"  # what such a script does: from the file to rows in PostgreSQL
RIVALS_OF: Final = {"upload": ("minio-py put",), "rows": ("psql \\copy",), OURS: SCRIPTS}
PODS: Final = {"upload": ["upload"], "parser-1": ["parser"], "parser-2": ["parser"]}
out = Console(width=150)


def seconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def our_load(rowmill: Rowmill, file: Path, dataset: str) -> dict[str, float]:
    """Seconds of the upload's request by curl, and from the start of the first chunk to the last row in PostgreSQL.

    No indexer runs here: it and its search engine would take half of the two cores from what is measured, and the rival has neither.
    """
    url = f"{rowmill.pods['upload'].url}/api/uploads?dataset={dataset}"
    curl = ["curl", "-sS", "-X", "POST", "-H", "Content-Type: text/csv", "-T", str(file), url]
    started = time.perf_counter()
    answer = json.loads(subprocess.run(curl, check=True, capture_output=True).stdout)
    upload_s = time.perf_counter() - started
    with rowmill.uploads as http:
        found: dict[str, Any] = {}

        def loaded() -> bool:
            found.update(http.get(f"/api/uploads/{answer['id']}").json())
            return found["timings"]["load_s"] is not None

        wait_for(loaded, 600, "all chunks are loaded")
    assert found["records"] == found["rows"] + found["rejects"], found
    return {"upload": upload_s, "rows": found["timings"]["load_s"]}


def minio_put(stack: Stack, file: Path) -> float:
    done = subprocess.run(
        [str(RIVAL_PYTHON), str(RIVALS / "minio_put.py"), str(file), stack.minio], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def psql_copy(database: str, file: Path, columns: str) -> float | None:
    """None when it refuses the file, as it does at the first stray quote or short record."""
    _psql(database, f"DROP TABLE IF EXISTS rival; CREATE TABLE rival ({columns})")
    try:
        return seconds(lambda: _psql(database, f"\\copy rival FROM '{file}' WITH (FORMAT csv, HEADER)"))
    except subprocess.CalledProcessError:
        return None


def _psql(database: str, command: str) -> None:
    subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1", database, "-c", command], check=True, capture_output=True)


def script(name: str, database: str, file: Path) -> float:
    return seconds(lambda: subprocess.run([str(RIVAL_PYTHON), str(RIVALS / name), str(file), database, "rival_script"], check=True))


def compare(rowmill: Rowmill, stack: Stack, database: str, file: Path, columns: str, rounds: int) -> dict[str, list[float]]:
    """Alternates: whatever else the machine does meets both."""
    times: dict[str, list[float]] = {name: [] for name in ("upload", "minio-py put", "rows", "psql \\copy")}
    for number in range(rounds):
        times["minio-py put"].append(minio_put(stack, file))
        for name, value in our_load(rowmill, file, f"{file.stem}-{number}").items():
            times[name].append(value)
        if (copied := psql_copy(database, file, columns)) is not None:
            times["psql \\copy"].append(copied)
    return {name: values for name, values in times.items() if values}


def show(title: str, times: dict[str, list[float]], rows: int, file: Path) -> None:
    mb = file.stat().st_size / 1e6
    table = Table("what", "median s", "lowest – highest", "rows/s", "MB/s", "against", title=title, title_justify="left")
    middle = {name: statistics.median(values) for name, values in times.items()}
    for name, values in times.items():
        ratio = ", ".join(_ratio(middle, name, rival) for rival in RIVALS_OF.get(name, ()))
        spread = f"{min(values):.2f} – {max(values):.2f}"
        table.add_row(name, f"{middle[name]:.2f}", spread, f"{rows / middle[name]:,.0f}", f"{mb / middle[name]:,.0f}", ratio)
    out.print(table)


def _ratio(middle: dict[str, float], name: str, rival: str) -> str:
    return f"{middle[rival] / middle[name]:.2f} × {rival}" if rival in middle else f"{rival} refuses the file"


def main(arguments: list[str]) -> None:
    rows, rounds = (int(each) for each in (*arguments, *("500000", "5")[len(arguments) :]))
    with find_stack() as stack, tempfile.TemporaryDirectory() as folder:
        if stack is None:
            sys.exit("The bench needs the real servers: set STACK_*.")
        out.print(f"{machine()}, {rows:,} rows, {rounds} rounds")
        with bench_database(stack) as ours, bench_database(stack) as theirs, distributed(stack, ours, PODS) as rowmill:
            found: dict[str, dict[str, list[float]]] = {}
            for name, kind in KINDS.items():
                file = Path(folder) / f"{name}.csv"
                kind.write(file, rows)
                found[name] = compare(rowmill, stack, theirs, file, kind.columns, rounds)
                show(name, found[name], rows, file)
            clean = Path(folder) / "clean.csv"
            both = [sum(pair) for pair in zip(found["clean"]["upload"], found["clean"]["rows"], strict=True)]
            scripts = {OURS: both} | {name: [script(f"{name}.py", theirs, clean)] for name in SCRIPTS}
            show("scripts, on the clean file, once", scripts, rows, clean)
            out.print("peak memory, MiB: " + ", ".join(f"{name} {pod.peak_mib():.0f}" for name, pod in rowmill.pods.items()))


if __name__ == "__main__":
    main(sys.argv[1:])
