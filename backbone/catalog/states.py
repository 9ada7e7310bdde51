"""The states of uploads and chunks, and every step that is allowed between them (`docs/design/versions.md`). One table each, and nothing else."""

from typing import Final, Literal

UploadState = Literal["RECEIVING", "PENDING", "PROCESSING", "HELD", "COMPLETE", "DISCARDED", "FAILED", "CANCELLED", "UNDONE", "UNCHANGED"]
Stage = Literal["loading", "merging", "indexing"]
ChunkState = Literal["PLANNED", "LOADED", "INDEXED", "FAILED"]

UPLOAD_STEPS: Final[dict[UploadState, frozenset[UploadState]]] = {
    "RECEIVING": frozenset({"PENDING", "FAILED", "CANCELLED"}),
    "PENDING": frozenset({"PROCESSING", "UNCHANGED", "FAILED", "CANCELLED"}),
    "PROCESSING": frozenset({"HELD", "COMPLETE", "FAILED", "CANCELLED"}),
    "HELD": frozenset({"COMPLETE", "DISCARDED", "FAILED", "CANCELLED"}),
    "COMPLETE": frozenset({"UNDONE"}),
    "FAILED": frozenset({"PENDING"}),  # retry: from its stored file, once its traces are gone
    "CANCELLED": frozenset(),
    "DISCARDED": frozenset(),
    "UNDONE": frozenset(),
    "UNCHANGED": frozenset(),  # if_changed=true, and the dataset has this very file already: nothing was loaded
}
CHUNK_STEPS: Final[dict[ChunkState, frozenset[ChunkState]]] = {
    "PLANNED": frozenset({"LOADED", "INDEXED", "FAILED"}),
    "LOADED": frozenset({"INDEXED", "FAILED"}),
    "INDEXED": frozenset(),
    "FAILED": frozenset(),
}
UNDER_WAY: Final[tuple[UploadState, ...]] = ("PROCESSING", "HELD")  # has a version that is not decided yet
FINAL: Final[frozenset[UploadState]] = frozenset({"COMPLETE", "DISCARDED", "FAILED", "CANCELLED", "UNDONE", "UNCHANGED"})


def may_become(state: UploadState) -> tuple[UploadState, ...]:
    """The states from which an upload may step into `state`: the WHERE of its guarded update."""
    return tuple(origin for origin, targets in UPLOAD_STEPS.items() if state in targets)


def chunk_may_become(state: ChunkState) -> tuple[ChunkState, ...]:
    return tuple(origin for origin, targets in CHUNK_STEPS.items() if state in targets)
