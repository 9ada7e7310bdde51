"""Parameters that a route does not know are refused; which it knows is what its description says."""

import msgspec
import pytest

from backbone.errors import BadRequest
from backbone.http.app import build_app
from backbone.http.known_parameters import READS_ITS_QUERY, check_parameters, known_parameters
from services.__main__ import SERVICES
from services.describe_api import _unopened, describe_api

KNOWN = {"q": False, "filter": True, "limit": False, "cursor": False}


@pytest.mark.parametrize(
    ("given", "word"),
    [(["page"], "page"), (["Q"], "'q'"), (["fiter"], "'filter'"), (["filters"], "'filter'"), (["limit", "limit"], "2 times"), ([""], "''")],
)
def test_what_is_not_known_is_refused_with_what_is(given: list[str], word: str) -> None:
    with pytest.raises(BadRequest, match=word):
        check_parameters(given, KNOWN)


def test_what_is_known_passes() -> None:
    check_parameters(["q", "filter", "filter", "limit"], KNOWN)


def test_every_route_knows_what_its_description_says() -> None:
    paths = msgspec.json.decode(describe_api())["paths"]
    app = build_app([build(_unopened()) for build in SERVICES.values()])
    compared = 0
    for route in app.routes:
        for method, (handler, *_) in getattr(route, "route_handler_map", {}).items():
            operation = paths.get(route.path_format, {}).get(method.lower())
            if operation is None or handler.opt.get(READS_ITS_QUERY):
                continue
            described = {parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "query"}
            assert described == known_parameters(handler).keys(), f"{method} {route.path_format}"
            compared += 1
    assert compared > 20
