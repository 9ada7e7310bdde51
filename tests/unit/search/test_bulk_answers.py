"""What a bulk request answers for each document: taken, refused, or not reached, which is nobody's fault."""

from typing import Any

import msgspec
import pytest

from backbone.errors import Unavailable
from backbone.search.elasticsearch.requests import Requests


def answering(monkeypatch: pytest.MonkeyPatch, *items: dict[str, Any]) -> Requests:
    requests = Requests("http://localhost:1")

    async def ask(method: str, path: str, body: Any = None, client: Any = None) -> bytes:
        answer = {"errors": any("error" in item for item in items), "items": [{"index": item} for item in items]}
        return msgspec.json.encode({"errors": answer["errors"]} if "filter_path" in path else answer)

    monkeypatch.setattr(requests, "ask", ask)
    return requests


async def test_a_shard_that_is_away_refuses_no_document(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its documents were told as refused, so an upload failed for them; and ids to be removed were taken for removed."""
    away = {"_id": "2", "status": 503, "error": {"type": "unavailable_shards_exception", "reason": "[i][1] primary shard is not active"}}
    requests = answering(monkeypatch, {"_id": "1", "status": 201}, away)
    with pytest.raises(Unavailable, match="a shard of i is away"):
        await requests.send("i", b"...")
    await requests.close()


async def test_a_refused_document_is_told_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {"_id": "2", "status": 400, "error": {"type": "document_parsing_exception", "reason": "no number"}}
    requests = answering(monkeypatch, {"_id": "1", "status": 201}, wrong)
    assert list(await requests.send("i", b"...")) == ["2"]
    await requests.close()
