"""The committed description of the API is the one that the code gives."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from services.describe_api import describe_api

DESCRIPTION: dict[str, Any] = msgspec.json.decode(describe_api())
VERBS = (
    "run|pause|resume|get|create|add|delete|rename|cancel|discard|publish|undo|retry|preview|change|export|search|revoke|begin|end|replay"
)


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in DESCRIPTION["paths"].items():
        yield from ((f"{method} {path}", operation) for method, operation in item.items() if isinstance(operation, dict))


def test_the_description_is_current() -> None:
    committed = (Path(__file__).parents[2] / "openapi.json").read_bytes()
    assert committed == describe_api(), "the API has changed: run `make openapi`"


def test_operations_are_called_by_a_verb_and_a_noun_each_once() -> None:
    names = [operation["operationId"] for _, operation in operations()]
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch(f"({VERBS})_[a-z_]+", name)] == []


def test_each_operation_tells_what_may_go_wrong() -> None:
    for where, operation in operations():
        assert operation["responses"].keys() >= {"400", "401", "429", "503", "default"}, where
        assert ("404" in operation["responses"]) == ("{" in where), where
        assert operation["tags"], where
    assert {tag for _, operation in operations() for tag in operation["tags"]} == {tag["name"] for tag in DESCRIPTION["tags"]}


def test_numbers_have_bounds_and_searches_have_examples() -> None:
    for where, operation in operations():
        for parameter in operation.get("parameters", ()):
            schema = parameter["schema"]
            for kind in [schema, *schema.get("oneOf", ())]:
                assert kind.get("type") != "integer" or {"minimum", "maximum"} <= kind.keys() | schema.keys(), (where, parameter["name"])
            if parameter["name"] in ("q", "filter", "sort", "facet", "by", "agg", "fields"):
                assert "example" in parameter, (where, parameter["name"])


def test_headers_are_told() -> None:
    headers = {
        operation["operationId"]: {parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "header"}
        for _, operation in operations()
    }
    assert headers["create_upload"] >= {"Idempotency-Key"}
    assert headers["export_rows"] >= {"If-None-Match", "Range", "If-Range"}
    assert headers["get_rows"] >= {"If-None-Match"}
