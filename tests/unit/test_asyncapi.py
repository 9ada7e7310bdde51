"""The committed description of the events is the one that the code gives, and the code tells what it says."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from backbone.catalog.outbox import new_event
from backbone.eventlog import events
from services.describe_events import TOLD, describe_events

ROOT = Path(__file__).parents[2]
KINDS = {str: "string", int: "integer"}


def made_events() -> Iterator[tuple[str, set[str], Path]]:
    """Each place that makes an event: its type, and what it says, where that stands in the code."""
    for path in sorted(path for folder in ("backbone", "services") for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "new_event" and node.args:
                first = node.args[0]
                name = first.attr if isinstance(first, ast.Attribute) else first.id if isinstance(first, ast.Name) else ""
                names = {keyword.arg for keyword in node.keywords if keyword.arg is not None}
                if None not in [keyword.arg for keyword in node.keywords]:
                    yield getattr(events, name), names, path


def test_the_description_is_current() -> None:
    committed = (ROOT / "asyncapi.json").read_bytes()
    assert committed == describe_events(), "events have changed: run `python -m services.describe_events > asyncapi.json`"


def test_every_event_is_described_with_what_it_says() -> None:
    assert set(TOLD) == set(events.EVENT_TYPES)
    made = list(made_events())
    assert {type for type, _, _ in made} == set(events.EVENT_TYPES) - {events.DEAD_LETTER}
    for type, names, path in made:
        assert names == set(TOLD[type].data), (type, path)


def test_an_event_is_what_its_schema_says() -> None:
    description: dict[str, Any] = msgspec.json.decode(describe_events())
    schema = description["components"]["schemas"]["Event"]
    event = msgspec.to_builtins(new_event(events.CHUNK_PLANNED, "u/1", upload_id="u", chunk=1))
    assert set(event) == set(schema["properties"]) and set(schema["required"]) <= set(event)
    data = description["components"]["messages"]["chunk.planned"]["payload"]["allOf"][1]["properties"]["data"]
    assert {name: KINDS[type(value)] for name, value in event["data"].items()} == {
        name: kind["type"] for name, kind in data["properties"].items()
    }
    assert {channel["address"] for channel in description["channels"].values()} == {f"{{prefix}}.{one}" for one in events.EVENT_TYPES}
