"""A dataset as a resource of dlt: `pip install rowmill polars pyarrow dlt[duckdb]`, then `python dlt_pipeline.py http://127.0.0.1:8000 books`.

Each run replaces the table by the rows of the newest version, with their types.
"""

import sys
from collections.abc import Iterator
from typing import Any

from rowmill import Client

ROWS = 50_000  # in one table that dlt is given


def tables(client: Client, dataset: str) -> Iterator[Any]:
    """Arrow tables of one version; a part of the dataset is in memory at a time. Raises `rowmill.Problem`."""
    for frame in client.scan(dataset).collect_batches(chunk_size=ROWS, maintain_order=True):
        yield frame.to_arrow()


def resource(url: str, dataset: str, key: str = "") -> Any:
    import dlt

    @dlt.resource(name=dataset, write_disposition="replace")
    def rows() -> Iterator[Any]:
        with Client(url, key=key) as client:
            yield from tables(client, dataset)

    return rows


if __name__ == "__main__":
    import dlt

    pipeline = dlt.pipeline("rowmill", destination="duckdb", dataset_name="rowmill")
    sys.stdout.write(f"{pipeline.run(resource(sys.argv[1], sys.argv[2]))}\n")
