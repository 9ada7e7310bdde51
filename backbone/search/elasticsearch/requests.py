"""Requests to Elasticsearch, and what comes of them: bytes, or one of our own errors. Documents are sent again while its queue for writes is full."""

import asyncio
import random
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import msgspec
from elastic_transport import ConnectionError, ConnectionTimeout, Serializer, TransportError
from elasticsearch import ApiError, AsyncElasticsearch

from backbone.errors import Unavailable
from backbone.search.elasticsearch.answers import Bulked, BulkedItems
from backbone.search.elasticsearch.refusals import IS_AWAY, TOO_MANY_REQUESTS, Overloaded, translated

OPEN: Final[Mapping[str, Any]] = MappingProxyType({})  # neither a password nor a CA of its own
REQUEST_TIMEOUT_S: Final = 30.0
BULK_TIMEOUT_S: Final = 120.0
BULK_ATTEMPTS_MAX: Final = 6  # while Elasticsearch answers 429, "slower please"
BACK_OFF_S: Final = 0.2
SHARD_WAIT: Final = (
    "10s"  # of a bulk request for a shard that is away, with a hand that others need; by itself Elasticsearch waits for a minute
)
JSON_TYPE: Final = "application/vnd.elasticsearch+json"
NDJSON_TYPE: Final = "application/vnd.elasticsearch+x-ndjson"


class _Bytes(Serializer):
    """Hands answers over as they came: decoded by the library, a decimal of 20 digits would be a float."""

    def loads(self, data: bytes) -> bytes:
        return data

    def dumps(self, data: Any) -> bytes:
        return data if isinstance(data, bytes) else msgspec.json.encode(data)


class Requests:
    def __init__(self, url: str, security: Mapping[str, Any] = OPEN) -> None:
        # No retries inside: the consumers' loop and the clients of the API have their own policy, and two multiply.
        self._client = AsyncElasticsearch(
            url,
            request_timeout=REQUEST_TIMEOUT_S,
            max_retries=0,
            serializers={JSON_TYPE: _Bytes(), NDJSON_TYPE: _Bytes()},
            **security,
        )
        self._bulk_client = self._client.options(request_timeout=BULK_TIMEOUT_S)

    async def ask(self, method: str, path: str, body: Any = None, client: AsyncElasticsearch | None = None) -> bytes:
        """Raises `Unavailable`, `NotFound` without an index, `QueryTooComplex`, and `ApiError` where it was refused for another reason."""
        content_type = NDJSON_TYPE if isinstance(body, bytes) else JSON_TYPE
        headers = {"accept": JSON_TYPE} | ({} if body is None else {"content-type": content_type})
        try:
            response = await (client or self._client).perform_request(method, path, headers=headers, body=body)
        except (ConnectionError, ConnectionTimeout) as error:
            raise Unavailable("elasticsearch", str(error)) from error
        except TransportError as error:
            raise Unavailable("elasticsearch", f"the answer was no answer: {error}") from error
        except ApiError as error:
            raise translated(error) from error
        return bytes(response.body)

    async def send(self, index: str, bulk: bytes) -> Mapping[str, str]:
        """Returns what was refused: document id to reason. Raises `Unavailable` where a shard is away: nothing was wrong with its documents."""
        for attempt in range(BULK_ATTEMPTS_MAX - 1):
            try:
                return await self._send(index, bulk)
            except Overloaded:
                await asyncio.sleep(BACK_OFF_S * 2**attempt * random.uniform(0.5, 1.5))
        return await self._send(index, bulk)

    async def close(self) -> None:
        await self._client.close()

    async def _send(self, index: str, bulk: bytes) -> Mapping[str, str]:
        answer = await self.ask("POST", f"{index}/_bulk?timeout={SHARD_WAIT}&filter_path=errors", bulk, client=self._bulk_client)
        if not msgspec.json.decode(answer, type=Bulked).errors:
            return {}
        # An answer for every item is longer than many a document. It is asked for when there is something in it: the same ids again.
        answer = await self.ask("POST", f"{index}/_bulk?timeout={SHARD_WAIT}", bulk, client=self._bulk_client)
        done = [result for item in msgspec.json.decode(answer, type=BulkedItems).items for result in item.values()]
        statuses = {result.status for result in done}
        if TOO_MANY_REQUESTS in statuses:
            raise Overloaded("elasticsearch", "its queue for writes is full")
        if statuses & set(IS_AWAY):
            raise Unavailable("elasticsearch", f"a shard of {index} is away")
        return {result.id: str(result.error) for result in done if result.error is not None}
