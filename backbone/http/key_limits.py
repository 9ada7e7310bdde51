"""What one key may ask of one process: how often, and how many searches at once. Answers say what is left."""

from typing import Any, Final

from litestar import Request

from backbone.http.access import rule_of
from backbone.runtime.principal import asking
from backbone.runtime.principal_limits import WINDOW_S, Allowance, RequestRate, Turns
from backbone.runtime.request_record import request_record
from backbone.settings import Settings

READ_WAIT_S: Final = 5.0
READS: Final = frozenset(  # what keeps a connection to PostgreSQL, or the search engine, at work
    {
        "/api/search",
        "/api/datasets/{name}/rows",
        "/api/datasets/{name}/groups",
        "/api/datasets/{name}/export",
        "/api/datasets/{name}/versions/{version}/changes",
    }
)


class RequestLimits:
    def __init__(self, requests_per_minute: int, reads_at_once: int, wait_s: float = READ_WAIT_S) -> None:
        self._rate = RequestRate(requests_per_minute)
        self._reads = Turns(reads_at_once, wait_s)

    async def check(self, request: Request[Any, Any, Any]) -> None:
        """Once it is known who asks. What is open to all is not counted. Raises `Busy`."""
        if not rule_of(str(request.scope["method"]), request.scope["path_template"]).scopes:
            return
        record, principal = request_record(), asking()
        allowance = self._rate.take(principal)
        if record is None:
            return
        if allowance is not None:
            record.headers += rate_headers(allowance)
        if request.scope["path_template"] in READS and (end := await self._reads.take(principal)) is not None:
            record.on_end.append(end)


def limits_of(settings: Settings) -> RequestLimits:
    return RequestLimits(settings.requests_per_minute_max, settings.reads_per_key_max)


def rate_headers(allowance: Allowance) -> list[tuple[bytes, bytes]]:
    """As the IETF's draft has them (draft-ietf-httpapi-ratelimit-headers)."""
    policy = f'"key";q={allowance.most};w={WINDOW_S}'
    return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", f'"key";r={allowance.left};t={allowance.full_s}'.encode())]
