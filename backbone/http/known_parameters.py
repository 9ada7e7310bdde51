"""Query parameters that a route does not know are refused, and so are those given twice that it takes once: whoever mistypes `filter` would
otherwise get the whole dataset for an answer, and `page=2` would be page 1 for ever."""

from collections import Counter
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qsl

from litestar import Request
from litestar.handlers import BaseRouteHandler
from litestar.params import ParameterKwarg

from backbone.errors import BadRequest

READS_ITS_QUERY: Final = "reads_its_query"  # in a handler's `opt`: it checks the parameters itself
CHARACTERS_SHOWN: Final = 60
RESERVED: Final = frozenset({"request", "self"})


async def refuse_unknown_parameters(request: Request[Any, Any, Any]) -> None:
    """Raises `BadRequest` with the nearest known name."""
    sent = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    handler = request.route_handler
    if sent and not handler.opt.get(READS_ITS_QUERY):
        check_parameters((name for name, _ in sent), known_parameters(handler))


def check_parameters(sent: Iterable[str], known: Mapping[str, bool]) -> None:
    """`known`: whether each may be given more than once. Raises `BadRequest`."""
    for name, times in Counter(sent).items():
        if name not in known:
            raise BadRequest(
                "unknown-parameter", f"There is no parameter {name[:CHARACTERS_SHOWN]!r} here. {_advice(name, known)}", parameter=name
            )
        if times > 1 and not known[name]:
            raise BadRequest("repeated-parameter", f"{name} is given {times} times, and is taken once. Give it once.", parameter=name)


def _advice(name: str, known: Mapping[str, bool]) -> str:
    if not known:
        return "This path takes none."
    near = get_close_matches(name.lower(), known, n=1)
    meant = f"Is {near[0]!r} meant? " if near else ""
    return f"{meant}There are {', '.join(sorted(known))}."


@cache
def known_parameters(handler: BaseRouteHandler) -> Mapping[str, bool]:
    """The query parameters of a route by name, and whether each may be repeated."""
    known = {}
    for name, definition in handler.parsed_fn_signature.parameters.items():
        described = definition.kwarg_definition
        if name in RESERVED or not isinstance(described, ParameterKwarg) or described.param_type != "query":
            continue
        known[described.name or described.query or name] = definition.is_non_string_sequence
    return known
