"""Two parsers share the chunks of one upload, and none is loaded twice."""

import re

import httpx
import pytest

from tests.flows.pods import Rowmill, distributed, wait_for
from tests.no_tls import NO_TLS
from tests.stack import Stack

PODS = {"upload": ["upload"], "parser-1": ["parser"], "parser-2": ["parser"], "indexer": ["indexer"], "query": ["query"]}
COUNTED = re.compile(r'^rowmill_events_total\{[^}]*type="chunk\.planned"[^}]*\} ([0-9.]+)$', re.MULTILINE)


@pytest.mark.long
@pytest.mark.stack
def test_two_parsers_share_the_chunks(stack: Stack, stack_database: str) -> None:
    with distributed(stack, stack_database, PODS, ROWMILL_CHUNK_BYTES="20000") as rowmill:
        parsers = [rowmill.pods[name].url for name in ("parser-1", "parser-2")]
        _wait_until_both_have_joined(rowmill, parsers)
        before = sum(map(_handled, parsers))
        text = "id,text\n" + "".join(f'{number},"line\n{number}"\n' for number in range(30_000))
        done = rowmill.load(text.encode(), dataset="shared")
        handled = sum(map(_handled, parsers)) - before
    assert done["rows"] == done["indexed"] == 30_000
    assert handled == done["chunks"]["total"] > 20


def _wait_until_both_have_joined(rowmill: Rowmill, parsers: list[str]) -> None:
    """A pod answers over HTTP before the group has given it partitions: small uploads tell when both have some."""

    def both_work() -> bool:
        rowmill.load(b"n\n1\n", dataset="warm-up")
        return all(_handled(url) > 0 for url in parsers)

    wait_for(both_work, 60, "both parsers have loaded a chunk")


def _handled(url: str) -> int:
    return sum(int(float(count)) for count in COUNTED.findall(httpx.get(f"{url}/metrics", verify=NO_TLS).text))
