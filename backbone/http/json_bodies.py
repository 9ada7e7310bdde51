"""Bodies of JSON are read once before any handler sees them: what is none is a 400 that says so, and so are depths and characters that
nothing behind can take."""

from typing import Any, Final

import msgspec
from litestar import Request

from backbone.errors import BadRequest

BODY_BYTES_MAX: Final = 1024 * 1024
TAKES_JSON: Final = "data"  # the parameter of a handler that has a body of JSON


async def check_json_body(request: Request[Any, Any, Any]) -> None:
    """Raises `BadRequest`."""
    parameter = request.route_handler.parsed_fn_signature.parameters.get(TAKES_JSON)
    if parameter is not None:
        body = await request.body()
        check_json(body)
        check_kinds(body, parameter.annotation)


def check_kinds(body: bytes, shape: Any) -> None:
    """Values are of the kinds that the description says: the framework, which reads bodies as it reads URLs, would take 0 for false and "7"
    for 7. Whatever else is wrong, it tells itself. Raises `BadRequest`."""
    try:
        msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        try:
            msgspec.json.decode(body, type=shape, strict=False)
        except msgspec.ValidationError:
            return
        raise BadRequest("bad-value", f"The body has a value of another kind than it should: {error}.") from None


def check_json(body: bytes) -> None:
    if not body:
        raise BadRequest("empty-body", 'The request has no body. Send a JSON object with what is to change, such as {"title": "Products"}.')
    if len(body) > BODY_BYTES_MAX:
        raise BadRequest("body-too-long", f"The body is longer than {BODY_BYTES_MAX} bytes; what can be changed here is short.")
    try:
        content = msgspec.json.decode(body)
    except RecursionError:
        raise BadRequest("bad-json", "The body is nested too deep. Send one JSON object of texts and numbers.") from None
    except msgspec.DecodeError as error:
        raise BadRequest("bad-json", f"The body is no JSON: {error}.") from None
    except UnicodeDecodeError:
        raise BadRequest("bad-json", "The body is no JSON: it is not UTF-8.") from None
    if _has_null_character(content):
        raise BadRequest("bad-character", "The body holds a null character (\\u0000), which no text here can have. Leave it out.")


def _has_null_character(content: Any) -> bool:
    if isinstance(content, str):
        return "\0" in content
    if isinstance(content, dict):
        return any(_has_null_character(part) for pair in content.items() for part in pair)
    return isinstance(content, list) and any(map(_has_null_character, content))
