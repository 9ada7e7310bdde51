"""How long a source takes for the rows of a query on PostgreSQL, against the same rows sent as a file: `python -m bench.sources [ROWS]`.

Needs STACK_POSTGRES, the URL of a PostgreSQL that may be written to; Rowmill runs in its embedded home.
"""

import asyncio
import os
import sys
import time
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg

from tests.databases import database
from tests.flows.pods import Rowmill, embedded
from tests.flows.sourcing import ended_run, make_source

ROWS: Final = 1_000_000
FILL: Final = """
CREATE TABLE products AS SELECT n AS id, 'Product ' || n AS name, 'SKU-' || lpad(n::text, 8, '0') AS sku, (n % 100000) / 100.0::numeric(12,2) AS price,
    timestamptz '2026-01-01' + n * interval '1 minute' AS made, repeat('word' || n % 977 || ' ', 8) AS description FROM generate_series(1, {rows}) n
"""


async def prepare(url: str, rows: int) -> bytes:
    """Fills the table; the same rows as a file."""
    server: Any = await asyncpg.connect(url, server_settings={"timezone": "UTC"})
    content = bytearray()

    async def take(data: bytes) -> None:
        content.extend(data)

    await server.execute(FILL.format(rows=rows))
    await server.copy_from_query("SELECT * FROM products", output=take, format="csv", header=True)
    await server.close()
    return bytes(content)


def by_source(rowmill: Rowmill, url: str) -> float:
    parts, name = urlsplit(url), "products"
    settings = {"url": f"postgresql://{parts.hostname}:{parts.port}{parts.path}", "query": "SELECT * FROM products"}
    make_source(rowmill, name, "database", settings, secret={"user": parts.username, "password": parts.password})
    begun = time.monotonic()
    with rowmill.uploads as http:
        run_id = http.post(f"/api/sources/{name}/run").json()["id"]
    run = ended_run(rowmill, name, run_id, timeout_s=600)
    assert run["state"] == "DONE", run
    return time.monotonic() - begun


def by_file(rowmill: Rowmill, content: bytes) -> float:
    begun = time.monotonic()
    rowmill.load(content, dataset="products")
    return time.monotonic() - begun


def main(rows: int) -> None:
    """Each in a Rowmill of its own: what was loaded is made searchable behind, and would be in the next one's way."""
    with database(os.environ["STACK_POSTGRES"]) as url:
        content = asyncio.run(prepare(url, rows))
        sys.stdout.write(f"{rows} rows, {len(content) / 1e6:.0f} MB\n")
        for _ in range(2):
            with embedded() as rowmill:
                file_s = by_file(rowmill, content)
            with embedded() as rowmill:
                source_s = by_source(rowmill, url)
                peak_mib = rowmill.pods["all"].peak_mib()
            sys.stdout.write(
                f"as a file {file_s:.1f} s, from PostgreSQL {source_s:.1f} s: {source_s / file_s:.2f} x; peak {peak_mib:.0f} MiB\n"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
