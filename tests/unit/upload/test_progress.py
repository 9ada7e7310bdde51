"""Live progress: an event for each change, none for the rest, a ping in between, and an end."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from backbone.errors import NotFound
from backbone.http.upload_answer import ChunkCounts, Timings, Upload
from services.upload.api.progress import progress_events


def upload(state: Any, rows: int) -> Upload:
    values = {field.name: None for field in msgspec.structs.fields(Upload)}
    known: dict[str, Any] = {
        "id": "u", "dataset": "d", "file_name": "f", "mode": "append", "key": (), "hold": False, "state": state, "progress": 0.0, "rows": rows,
        "rejects": 0, "indexed": 0, "chunks": ChunkCounts(0, 0, 0), "findings": (), "removing": False, "created_at": datetime.now(UTC),
        "timings": Timings(None, None, None, None, None),
    }  # fmt: skip
    return Upload(**{**values, **known})


async def told(states: list[tuple[str, int] | None], ping_every_s: float = 60.0, stream_s: float = 60.0) -> tuple[list[str], int]:
    """What is sent while the upload goes through these states, a look each, and how often it was read whole. None: forgotten."""
    looks = iter(states)
    now: list[Any] = []
    reads: list[Upload] = []

    async def look() -> tuple[Any, ...]:
        now[:] = [next(looks)]
        if now[0] is None:
            raise NotFound("no-such-upload", "")
        return tuple(now[0])

    async def read() -> Upload:
        reads.append(upload(*now[0]))
        return reads[-1]

    show: Callable[[Any], str] = lambda message: message.comment or f"{message.event} {msgspec.json.decode(message.data)['rows']}"  # noqa: E731
    events = progress_events(look, read, look_every_s=0.001, ping_every_s=ping_every_s, stream_s=stream_s)
    sent = [show(message) async for message in events]
    return sent, len(reads)


async def test_each_change_is_told_once_and_the_end_ends_it() -> None:
    states: list[tuple[str, int] | None] = [("PROCESSING", 0), ("PROCESSING", 0), ("PROCESSING", 5), ("PROCESSING", 5), ("COMPLETE", 9)]
    assert await told(states) == (["upload 0", "upload 5", "upload 9"], 3)
    assert await told([("PROCESSING", 0), ("HELD", 9)]) == (["upload 0", "upload 9"], 2)


async def test_silence_is_filled_with_comments() -> None:
    sent, reads = await told([*[("PROCESSING", 0)] * 9, ("COMPLETE", 1)], ping_every_s=0.003)
    assert (sent[0], sent[-1], reads) == ("upload 0", "upload 1", 2)
    assert sent[1:-1] == ["still here"] * 2


async def test_a_forgotten_upload_ends_it() -> None:
    assert await told([("PROCESSING", 0), None]) == (["upload 0"], 1)


async def test_it_ends_for_its_key_to_be_asked_again() -> None:
    sent, _ = await told([("PROCESSING", 0)] * 1_000_000, stream_s=0.05)
    assert sent == ["upload 0"]
