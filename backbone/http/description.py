"""What the API's description says of all operations alike: errors are problems. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from backbone.http.problems import MEDIA_TYPE

PROBLEM: Final[Mapping[str, Any]] = {
    "type": "object",
    "description": "What went wrong (RFC 9457): `type` is stable, `detail` says what to do; further members tell the place of the fault.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string", "description": "As in the answer's header `X-Request-Id`, and in the server's log."},
    },
}
_FAILED: Final[Mapping[str, Any]] = {
    "description": "What went wrong, and what to do.",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def with_problems(description: Mapping[str, Any]) -> dict[str, Any]:
    """The framework tells of a 400 in its own shape; no answer has it."""
    paths = {path: {method: _operation(value) for method, value in item.items()} for path, item in description["paths"].items()}
    components = dict(description.get("components", {}))
    schemas = {**components.get("schemas", {}), "Problem": PROBLEM}
    return {**description, "paths": paths, "components": {**components, "schemas": dict(sorted(schemas.items()))}}


def _operation(operation: Any) -> Any:
    if not isinstance(operation, Mapping) or "responses" not in operation:
        return operation
    responses = {status: value for status, value in operation["responses"].items() if status != "400"}
    return {**operation, "responses": {**responses, "default": _FAILED}}
