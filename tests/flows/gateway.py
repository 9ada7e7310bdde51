"""One address for all services, as an ingress gives: which pod answers is decided by the path."""

import httpx

from tests.flows.pods import Rowmill

_UPLOADS = ("/api/uploads", "/api/preview")


class Gateway(httpx.BaseTransport):
    def __init__(self, rowmill: Rowmill) -> None:
        self._rowmill = rowmill
        self._transport = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.url = directed(self._rowmill, request.url)
        return self._transport.handle_request(request)


class AsyncGateway(httpx.AsyncBaseTransport):
    def __init__(self, rowmill: Rowmill) -> None:
        self._rowmill = rowmill
        self._transport = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.url = directed(self._rowmill, request.url)
        return await self._transport.handle_async_request(request)


def directed(rowmill: Rowmill, url: httpx.URL) -> httpx.URL:
    service = "upload" if url.path.startswith(_UPLOADS) else "query"
    pod = rowmill.pods.get(service) or rowmill.pods["all"]
    there = httpx.URL(pod.url)
    return url.copy_with(host=there.host, port=there.port)
