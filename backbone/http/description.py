"""What the API's description says of all operations alike: errors are problems, what tags and parameters are called for, headers. Pure."""

from collections.abc import Iterator, Mapping
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
    "examples": [
        {
            "type": "urn:rowmill:problem:unknown-column",
            "title": "Unknown column",
            "status": 400,
            "detail": "There is no column 'prise'. Did you mean one of: price?",
        }
    ],
}
TAGS: Final[Mapping[str, str]] = {
    "uploads": "Files that are given to datasets: sent, watched, published, undone, tried again.",
    "datasets": "What there is: columns, profiles, versions and what they changed; renaming, retyping, removing.",
    "sources": "Places from which files come by themselves: by a schedule, or when told to; and what their runs brought.",
    "enrichments": "Columns of a dataset that come from a remote API: a list that is joined, or a look-up for each value; and what their runs came to.",
    "webhooks": "Programs that are told what becomes of uploads and sources, and what was told to each.",
    "rows": "What readers ask: search, groups, exports, one row with its origin, one search over all datasets.",
    "access": "Keys, sessions, who one is, and what was done by whom.",
    "operations": "For whoever runs Rowmill: processes, and events that could not be handled.",
}
# By the name of a parameter that means the same wherever it stands.
EXAMPLES: Final[Mapping[str, Any]] = {
    "name": "products",
    "dataset": "products",
    "datasets": "orders,shop-*",
    "q": 'teapot -"cast iron"',
    "filter": ["price:lte:20", "(stock:gt:0)or(ordered:exists:true)"],
    "facet": ["colour:top:20", "price:ranges:0,10,100"],
    "sort": "-price,name",
    "fields": "name,price",
    "by": "colour",
    "agg": "count,sum:price",
    "version": 3,
    "row": "12884901894",
}
_STATUSES: Final[Mapping[str, str]] = {
    "400": "The request cannot be read: an unknown parameter, column, or value. `detail` says what is possible.",
    "401": "A key is needed, or this one is none. `detail` says how to send it.",
    "404": "There is no such thing, or the key may not see it.",
    "406": "There is nothing of the kinds that `Accept` names.",
    "429": "More requests, or more work at once, than is allowed: come back after `Retry-After`.",
    "503": "A server that this needs is away for the moment: come back after `Retry-After`.",
}
_FAILED: Final[Mapping[str, Any]] = {
    "description": "What went wrong, and what to do.",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_HEADERS: Final[Mapping[str, str]] = {
    "If-None-Match": "The `ETag` of an answer that is there already: 304 if nothing has changed.",
    "Range": "The part to send, of csv or ndjson: `bytes=1000-`. 206, or 416 behind the end.",
    "If-Range": "With `Range`, the `ETag` that the beginning came with: all is sent where it has become another.",
    "Idempotency-Key": "A text of your own: the same request again, whose answer was lost, is answered as the first, and loads once.",
}


def with_problems(description: Mapping[str, Any]) -> dict[str, Any]:
    """The framework tells of a 400 in its own shape; no answer has it."""
    paths = {path: {method: _operation(path, value) for method, value in item.items()} for path, item in description["paths"].items()}
    components = dict(description.get("components", {}))
    schemas = {**components.get("schemas", {}), "Problem": PROBLEM}
    used = {tag for item in paths.values() for value in item.values() if isinstance(value, Mapping) for tag in value.get("tags", ())}
    tags = [{"name": tag, "description": TAGS[tag]} for tag in sorted(used)]
    return {**description, "tags": tags, "paths": paths, "components": {**components, "schemas": dict(sorted(schemas.items()))}}


def _operation(path: str, operation: Any) -> Any:
    if not isinstance(operation, Mapping) or "responses" not in operation:
        return operation
    answers = {status: value for status, value in operation["responses"].items() if status != "400"}
    refusals = {status: {**_FAILED, "description": _STATUSES[status]} for status in _refusals(path, operation) if status not in answers}
    parameters = [_with_example(parameter) for parameter in operation.get("parameters", ())]
    parameters += [_header(name) for name in _header_names(operation)]
    responses = {**answers, **refusals, "default": _FAILED}
    return {**operation, **({"parameters": parameters} if parameters else {}), "responses": responses}


def _refusals(path: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield from ("400", "401")
    if "{" in path:
        yield "404"
    if "304" in operation["responses"]:
        yield "406"
    yield from ("429", "503")


def _header_names(operation: Mapping[str, Any]) -> Iterator[str]:
    if "304" in operation["responses"]:
        yield "If-None-Match"
    if "206" in operation["responses"]:
        yield from ("Range", "If-Range")
    if operation["operationId"] == "create_upload":
        yield "Idempotency-Key"


def _header(name: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "description": _HEADERS[name], "schema": {"type": "string"}}


def _with_example(parameter: Mapping[str, Any]) -> dict[str, Any]:
    has_one = any(name in parameter for name in ("example", "examples")) or "examples" in parameter["schema"]
    name = parameter["name"]
    return dict(parameter) if has_one or name not in EXAMPLES else {**parameter, "example": EXAMPLES[name]}
