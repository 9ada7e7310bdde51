"""A chunk that has been parsed and copied into its table, in a transaction that is not committed yet."""

from msgspec import Struct

from backbone.catalog.outbox import new_event
from backbone.catalog.uploads import UploadRecord
from backbone.eventlog import events
from backbone.eventlog.events import Event
from backbone.model import Table
from services.parser.parse_chunk import ParsedChunk


class Loaded(Struct, frozen=True):
    upload: UploadRecord
    table: Table
    parsed: ParsedChunk


def chunk_loaded(upload_id: str, number: int) -> Event:
    return new_event(events.CHUNK_LOADED, f"{upload_id}/{number}", upload_id=upload_id, chunk=number)
