"""Tells what was repaired while records were read: short ones filled with nulls, empty fields beyond the header's dropped. Each with the
first records that it happened to.
"""

from typing import Final

from backbone.csvread.segments import Segment
from backbone.findings import PLACES_MAX, Finding, FindingCode, Suggestion, place
from services.parser.chunk_units import ChunkUnits

_SHORT: Final = (
    "Records with fewer fields than the header were filled with nulls at the end. If the missing field is another one, the values stand in "
    "the wrong columns: give ragged=reject to have these records rejected."
)
_LONG: Final = (
    "Records with more fields than the header lost the last ones, which were empty. If an empty field came in between, the values stand in "
    "the wrong columns: look at them, and upload the file again when they are mended."
)


class RecordFindings:
    """Of one chunk, segment by segment."""

    def __init__(self, units: ChunkUnits) -> None:
        self._units = units
        self._short: list[int] = []
        self._long: list[int] = []

    def add(self, segment: Segment) -> None:
        self._short += segment.short.tolist()
        self._long += segment.long.tolist()

    def findings(self) -> tuple[Finding, ...]:
        told = [self._finding("short-records-filled", _SHORT, self._short), self._finding("extra-fields-dropped", _LONG, self._long)]
        return tuple(finding for finding in told if finding)

    def _finding(self, code: FindingCode, message: str, units: list[int]) -> Finding | None:
        if not units:
            return None
        shown = [self._units.reject(unit, code, "") for unit in sorted(units)[:PLACES_MAX]]
        places = tuple(place(record=record.record, line=record.line, text=record.raw) for record in shown)
        suggest = Suggestion(option="ragged", value="reject") if code == "short-records-filled" else None
        return Finding(code=code, level="warning", message=message, count=len(units), places=places, suggest=suggest)
