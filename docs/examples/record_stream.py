"""A dataset as a stream of records, as Airbyte's sources write them: JSON lines on standard output.

    python record_stream.py http://127.0.0.1:8000 books > books.jsonl
    python record_stream.py http://127.0.0.1:8000 books '{"version": 7}'    # what has become of it since version 7

A RECORD for each row, and in the end a STATE with the version that the rows are of. With a state of that very version nothing is read: only
the STATE comes again. With an older one all rows come, for a version may have changed any of them; whoever takes them replaces what it has.
"""

import json
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

from rowmill import Client


def messages(client: Client, dataset: str, state: Mapping[str, Any] | None = None) -> Iterator[dict[str, Any]]:
    """`state`: the data of the last STATE that was taken. Raises `rowmill.Problem`."""
    version = client.dataset(dataset).version
    if (state or {}).get("version") != version:
        for row in client.search(dataset, version=version, limit=1000):
            yield {"type": "RECORD", "record": {"stream": dataset, "data": dict(row.values), "emitted_at": time.time_ns() // 1_000_000}}
    stream = {"stream_descriptor": {"name": dataset}, "stream_state": {"version": version}}
    yield {"type": "STATE", "state": {"type": "STREAM", "stream": stream}}


if __name__ == "__main__":
    url, dataset, *rest = sys.argv[1:]
    with Client(url) as client:
        for message in messages(client, dataset, json.loads(rest[0]) if rest else None):
            sys.stdout.write(json.dumps(message, ensure_ascii=False, default=str) + "\n")  # a decimal as text: every digit of it
