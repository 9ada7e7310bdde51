"""What is told on the event log, for programs that read Kafka themselves: `python -m services.describe_events > asyncapi.json` (AsyncAPI 3.0).

The event's shape is that of its struct; a test holds the data of each type against the places that make such events, and the file against
this module.
"""

import sys
from typing import Any, Final

import msgspec
from msgspec import Struct

from backbone.eventlog import events
from backbone.eventlog.events import EVENT_TYPES, Event

UPLOAD: Final = {"upload_id": "string"}
CHUNK: Final = {**UPLOAD, "chunk": "integer"}
LETTER: Final = {"group": "string", "reason": "string", "detail": "string", "event_type": "string"}


class Told(Struct, frozen=True):
    summary: str
    data: dict[str, str]  # by name, the JSON type; always there


TOLD: Final[dict[str, Told]] = {
    events.CHUNK_PLANNED: Told("A byte range of a stored file is to be loaded.", CHUNK),
    events.CHUNK_LOADED: Told(
        "The rows of a chunk are in PostgreSQL. Not sent where the only chunk needs no documents: it is published with its rows.", CHUNK
    ),
    events.UPLOAD_LOADED: Told(
        "All chunks of an upload are loaded; an upsert is merged next. Not sent where the only chunk needs no merge.", UPLOAD
    ),
    events.UPLOAD_INDEXED: Told(
        "All rows of an upload are searchable; the version is published next. Not sent where who indexed the only chunk publishes it.",
        UPLOAD,
    ),
    events.VERSION_PUBLISHED: Told("Readers see what the upload made of its dataset.", {**UPLOAD, "dataset_id": "integer"}),
    events.UPLOAD_ENDED: Told("An upload failed, was cancelled, discarded or undone: its traces are removed.", UPLOAD),
    events.UPLOAD_REMOVING: Told("A complete upload is to be taken out from among the others.", UPLOAD),
    events.VERSIONS_CHANGED: Told("Versions of a dataset are no more.", {"dataset_id": "integer"}),
    events.DATASET_REMOVED: Told("A dataset was removed with all that it had.", {"dataset_id": "integer"}),
    events.DEAD_LETTER: Told("An event could not be handled, and is kept for a person. What was tried stands beside these.", LETTER),
}


def describe_events() -> bytes:
    """JSON, indented, with a line break at its end."""
    (_, schema), *_ = msgspec.json.schema_components([Event])[1].items()
    description = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Rowmill's events",
            "version": "1",
            "description": "What happened, as ids and places, never rows; CloudEvents attribute names, JSON. At least once: the same event may come twice, "
            "with the same id. Events of one subject keep their order. Where ROWMILL_EVENTS_URL names Kafka, a topic has the prefix of that URL.",
        },
        "defaultContentType": "application/json",
        "servers": {"kafka": {"host": "kafka:9092", "protocol": "kafka", "description": "As ROWMILL_EVENTS_URL says."}},
        "channels": {type: _channel(type) for type in EVENT_TYPES},
        "operations": {f"on {type}": _operation(type) for type in EVENT_TYPES},
        "components": {"schemas": {"Event": schema}, "messages": {type: _message(type, TOLD[type]) for type in EVENT_TYPES}},
    }
    return msgspec.json.format(msgspec.json.encode(description), indent=2) + b"\n"


def _channel(type: str) -> dict[str, Any]:
    parameters = {"prefix": {"description": "Of the topics, the last part of ROWMILL_EVENTS_URL.", "default": "rowmill"}}
    return {"address": f"{{prefix}}.{type}", "parameters": parameters, "messages": {type: {"$ref": f"#/components/messages/{type}"}}}


def _operation(type: str) -> dict[str, Any]:
    return {"action": "send", "channel": {"$ref": f"#/channels/{type}"}, "summary": TOLD[type].summary}


def _message(type: str, told: Told) -> dict[str, Any]:
    data = {
        "type": "object",
        "properties": {name: {"type": kind} for name, kind in told.data.items()},
        "required": list(told.data),
        "additionalProperties": type == events.DEAD_LETTER,
    }
    own = {"type": "object", "properties": {"type": {"const": type}, "data": data}}
    return {"name": type, "summary": told.summary, "payload": {"allOf": [{"$ref": "#/components/schemas/Event"}, own]}}


if __name__ == "__main__":
    sys.stdout.buffer.write(describe_events())
