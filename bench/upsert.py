"""Measures an upsert of every row of a dataset against its plain load, in either home: `python -m bench.upsert [ROWS] [embedded] [distributed]`.

The second file has the same keys and another name in each row, so that every row is replaced. Prints the seconds from upload to
COMPLETE of both, and their ratio; then how long undo took until readers saw the version before.
"""

import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from bench.homes import machine
from bench.load import open_home, settle
from bench.products import write_products
from tests.flows.pods import Rowmill

SETTLED_S: Final = 3_600.0
out: Final = Console(width=140)


def load(rowmill: Rowmill, content: bytes) -> tuple[float, dict[str, object]]:
    started = time.monotonic()
    done = rowmill.wait(rowmill.upload(content, dataset="products", mode="upsert", key="sku"), timeout_s=600)
    assert done["state"] == "COMPLETE", done
    return time.monotonic() - started, done


def run(home: str, first: bytes, second: bytes) -> list[str]:
    with open_home(home) as rowmill:
        with rowmill.uploads as http:
            started = time.monotonic()
            plain = rowmill.wait(rowmill.upload(first, dataset="plain"), timeout_s=600)
            plain_s = time.monotonic() - started
        assert plain["state"] == "COMPLETE", plain
        load(rowmill, first)
        settle(rowmill, SETTLED_S)  # the plain load had the machine to itself
        upsert_s, done = load(rowmill, second)
        assert (done["updated"], done["inserted"]) == (done["rows"], 0), done
        started = time.monotonic()
        with rowmill.uploads as http:
            http.post(f"/api/uploads/{done['id']}/undo").raise_for_status()
        undo_s = time.monotonic() - started
        assert rowmill.rows("products", limit=1)["version"] == 1
    return [home, f"{done['rows']:,}", f"{plain_s:.1f}", f"{upsert_s:.1f}", f"{upsert_s / plain_s:.2f} ×", f"{undo_s * 1000:.0f}"]


def main(arguments: list[str]) -> None:
    homes = [one for one in arguments if not one.isdigit()] or ["embedded", "distributed"]
    rows = next((int(one) for one in arguments if one.isdigit()), 500_000)
    table = Table("home", "rows", "plain load s", "upsert of all s", "ratio (at most 3)", "undo ms", title=machine())
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "first.csv", Path(folder) / "second.csv"
        write_products(files[0], rows)
        write_products(files[1], rows, mark=" anew")
        first, second = (file.read_bytes() for file in files)
    for home in homes:
        table.add_row(*run(home, first, second))
    out.print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
