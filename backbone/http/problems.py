"""Errors as RFC 9457 problem+json: a stable `type`, a sentence that says what to do, and the place of the fault."""

from typing import Any, Final

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from backbone.errors import Rejected, Unavailable
from backbone.runtime.request_record import request_record

log = structlog.get_logger()

MEDIA_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:rowmill:problem:"
RETRY_AFTER_S: Final = 5


def problem_document(status: int, code: str, detail: str, **members: Any) -> dict[str, Any]:
    document = {"type": TYPE_PREFIX + code, "title": code.replace("-", " ").capitalize(), "status": status, "detail": detail, **members}
    if (record := request_record()) is None:
        return document
    record.problem = code
    return {**document, "request_id": record.id}


def problem(status: int, code: str, detail: str, **members: Any) -> Response[dict[str, Any]]:
    content = problem_document(status, code, detail, **members)
    headers = {"Retry-After": str(RETRY_AFTER_S)} if status in (429, 503) else None
    return Response(content, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def on_rejected(_: Request[Any, Any, Any], error: Rejected) -> Response[dict[str, Any]]:
    answer = problem(error.status, error.code, error.detail, **error.place)
    if (retry_after_s := error.place.get("retry_after_s")) is not None:
        answer.headers["Retry-After"] = str(retry_after_s)
    if error.status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def on_unavailable(_: Request[Any, Any, Any], error: Unavailable) -> Response[dict[str, Any]]:
    log.warning("server away", server=error.server, code=error.code, detail=error.detail)
    return problem(error.status, error.code, error.advice, server=error.server)


def on_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, Any]]:
    if isinstance(error, ValidationException):
        items = error.extra if isinstance(error.extra, list) else []
        reasons = "; ".join(f"{item.get('key')}: {item.get('message')}" for item in items if isinstance(item, dict)) or error.detail
        return problem(error.status_code, "bad-request", f"The request cannot be read: {reasons}.")
    if error.status_code == 404:
        return problem(404, "no-such-path", f"There is nothing at {request.url.path}. /api/docs/ lists all there is.")
    if error.status_code == 405:
        refusal = problem(405, "method-not-allowed", f"{request.method} does not work at {request.url.path}. /api/docs/ lists what does.")
        allowed = (error.headers or {}).get("allow", "")
        refusal.headers["Allow"] = f"{allowed}, HEAD" if "GET" in allowed.split(", ") else allowed
        return refusal
    return problem(error.status_code, "bad-request" if error.status_code < 500 else "internal-error", error.detail)


def on_bug(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    log.error("request failed", method=request.method, route=request.scope.get("path_template", ""), exc_info=error)
    return problem(500, "internal-error", f"Rowmill itself failed ({type(error).__name__}); it was logged. Nothing was changed by halves.")
