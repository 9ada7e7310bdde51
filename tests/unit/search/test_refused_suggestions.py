"""Words that Elasticsearch will not look for are looked for in the rows: a search without hits is no error for want of suggestions."""

from types import SimpleNamespace
from typing import Any

import pytest
from elastic_transport import ApiResponseMeta, HttpHeaders, NodeConfig
from elasticsearch import ApiError, BadRequestError

from backbone.model import Table, View
from backbone.query.typos import SimilarWord
from backbone.search.elasticsearch.index import ElasticsearchIndex
from backbone.search.elasticsearch.refusals import QueryTooComplex

VIEW = View(dataset="goods", table=Table(id=1, columns=()), version=1)


def answered(status: int) -> ApiError:
    meta = ApiResponseMeta(status, "1.1", HttpHeaders(), 0.1, NodeConfig("http", "localhost", 9200))
    return (BadRequestError if status == 400 else ApiError)("refused", meta, b"{}")


def refusing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> ElasticsearchIndex:
    async def in_rows(*_: Any) -> list[SimilarWord]:
        return [SimilarWord(word="teapot", rows=3, steps=1)]

    async def refuse(*_: Any) -> bytes:
        raise error

    index = ElasticsearchIndex("http://localhost:9200", "test", SimpleNamespace(similar_words=in_rows))
    monkeypatch.setattr(index, "_ask", refuse)
    return index


@pytest.mark.parametrize("error", [answered(400), QueryTooComplex("query-too-complex", "")], ids=["refused", "too complex"])
async def test_the_rows_are_asked(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    index = refusing(monkeypatch, error)
    assert [word.word for word in await index.similar_words(VIEW, "teapoz")] == ["teapot"]
    await index.close()


async def test_another_failure_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    index = refusing(monkeypatch, answered(500))
    with pytest.raises(ApiError):
        await index.similar_words(VIEW, "teapoz")
    await index.close()
