"""Two parsers share the chunks of one upload, and none is loaded twice."""

import re

import httpx
import pytest

from tests.flows.pods import distributed
from tests.stack import Stack

PODS = {"upload": ["upload"], "parser-1": ["parser"], "parser-2": ["parser"], "indexer": ["indexer"], "query": ["query"]}
COUNTED = re.compile(r'^rowmill_events_total\{[^}]*type="chunk\.planned"[^}]*\} ([0-9.]+)$', re.MULTILINE)


@pytest.mark.stack
def test_two_parsers_share_the_chunks(stack: Stack, stack_database: str) -> None:
    with distributed(stack, stack_database, PODS, ROWMILL_CHUNK_BYTES="65536") as rowmill:
        text = "id,text\n" + "".join(f'{number},"line\n{number}"\n' for number in range(200_000))
        done = rowmill.load(text.encode(), dataset="shared")
        handled = [_handled(rowmill.pods[name].url) for name in ("parser-1", "parser-2")]
    assert done["rows"] == done["indexed"] == 200_000
    assert sum(handled) == done["chunks"]["total"] > 20
    assert min(handled) > 0, f"one parser did all the work: {handled}"


def _handled(url: str) -> int:
    return sum(int(float(count)) for count in COUNTED.findall(httpx.get(f"{url}/metrics").text))
