"""Dead letters: events that can never be handled, kept with the reason, so that a person can look at them and replay them."""

import base64
import traceback
import uuid
from typing import Final

import msgspec

from backbone.catalog.outbox import new_event
from backbone.errors import Rejected
from backbone.eventlog.events import DEAD_LETTER, Event
from backbone.eventlog.port import Received

TRACEBACK_CHARS_MAX: Final = 8_000
DETAIL_CHARS_MAX: Final = 2_000
RAW_BYTES_MAX: Final = 64 * 1024
_NAMESPACE: Final = uuid.UUID("6f7cf2f0-5a3e-4d0c-9b1d-3f0a4f2f6a11")  # any, the same for ever


def for_event(event: Event, group: str, error: Exception) -> Event:
    """`event` in the data is the whole original as JSON; `traceback` is there for errors that nobody foresaw."""
    foreseen = isinstance(error, Rejected)
    reason = error.code if isinstance(error, Rejected) else type(error).__name__
    data = {"group": group, "reason": reason, "detail": str(error)[:DETAIL_CHARS_MAX], "event_id": event.id, "event_type": event.type}
    if not foreseen:
        data["traceback"] = "".join(traceback.format_exception(error))[-TRACEBACK_CHARS_MAX:]
    return _letter(f"{group} {event.id}", event.subject, {**data, "event": msgspec.json.encode(event).decode()})


def for_bytes(received: Received, group: str) -> Event:
    """`raw` in the data is base64 of the bytes, cut at 64 KiB; `raw_bytes` how many there were."""
    place = f"{received.type}/{received.partition}/{received.offset}"
    data: dict[str, str | int] = {
        "group": group,
        "reason": "undecodable",
        "detail": f"The bytes at {place} are no event.",
        "event_type": received.type,
    }
    raw = base64.b64encode(received.raw[:RAW_BYTES_MAX]).decode()
    return _letter(f"{group} {place}", place, {**data, "raw": raw, "raw_bytes": len(received.raw)})


def _letter(identity: str, subject: str, data: dict[str, str | int]) -> Event:
    """The same letter has the same id: a crash in the wrong moment writes it twice, its readers see it once."""
    letter = new_event(DEAD_LETTER, subject, **data)
    return msgspec.structs.replace(letter, id=str(uuid.uuid5(_NAMESPACE, identity)))
