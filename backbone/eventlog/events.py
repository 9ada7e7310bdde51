"""Events: what happened, as ids and places, never rows (`docs/design/delivery.md`). JSON with CloudEvents' attribute names."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

CHUNK_PLANNED: Final = "chunk.planned"
CHUNK_LOADED: Final = "chunk.loaded"
UPLOAD_LOADED: Final = "upload.loaded"
UPLOAD_INDEXED: Final = "upload.indexed"
VERSION_PUBLISHED: Final = "version.published"
UPLOAD_ENDED: Final = "upload.ended"  # failed, cancelled, discarded or undone: its traces are to be removed
UPLOAD_REMOVING: Final = "upload.removing"  # a complete upload is to be taken out from among the others
VERSIONS_CHANGED: Final = "versions.changed"  # versions of a dataset are no more: what only they showed is to be swept up
DATASET_REMOVED: Final = "dataset.removed"
DEAD_LETTER: Final = "dead.letter"
EVENT_TYPES: Final = (
    CHUNK_PLANNED,
    CHUNK_LOADED,
    UPLOAD_LOADED,
    UPLOAD_INDEXED,
    VERSION_PUBLISHED,
    UPLOAD_ENDED,
    UPLOAD_REMOVING,
    VERSIONS_CHANGED,
    DATASET_REMOVED,
    DEAD_LETTER,
)


class Event(Struct, frozen=True, kw_only=True):
    """`subject` names what it is about and spreads the work over partitions; events of one subject keep their order."""

    id: str  # a UUID; the same event delivered twice has the same id
    type: str  # one of EVENT_TYPES; also the name of its topic
    subject: str
    time: str  # RFC 3339, UTC
    data: Mapping[str, str | int]
    source: str = "rowmill"
    specversion: str = "1.0"
    dataversion: int = 1
    traceparent: str | None = None
