"""Bytes that are not of a file's encoding, on their way through a copy in UTF-8: each becomes a character of its own, U+10FF00 and the byte,
at the end of Unicode where no text has any. So the copy is UTF-8 for all who read it, the records that hold such bytes can be told, and
their raw text shows them as `\\xe9`. Pure.
"""

import re
from collections.abc import Iterable
from typing import Final

import numpy as np
from msgspec import structs

from backbone.csvread.borders import Units
from backbone.csvread.quotes import NONE, Positions
from backbone.findings import Finding

FIRST: Final = 0x10FF00
LEAD: Final = b"\xf4\x8f"  # all marks begin with it
MARKS: Final = re.compile("[\U0010ff00-\U0010ffff]+")
_MARK: Final = re.compile("[\U0010ff00-\U0010ffff]")
_MARK_BYTES: Final = re.compile(rb"\xf4\x8f[\xbc-\xbf][\x80-\xbf]")


NO_RECORD: Final = "\U0010feff".encode()  # in a record of a reading copy that stands for what is none in the original

NULL_FIELD: Final = "\U0010fefe"  # null in a reading copy whose original knows null and the empty text apart


def marks_of(data: bytes) -> str:
    return "".join(chr(FIRST + byte) for byte in data)


def byte_of(mark: str) -> int:
    return ord(mark) - FIRST


def show_marks(text: str) -> str:
    r"""As people write bytes: `Caf\xe9`."""
    return _MARK.sub(lambda match: f"\\x{byte_of(match[0]):02x}", text)


def show_text(text: str) -> str:
    """As PostgreSQL can keep it and people can read it: without marks and without NUL."""
    return show_marks(text.replace("\0", "␀").replace(NO_RECORD.decode(), ""))


def show_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """With texts that can be kept and read."""
    return tuple(map(_show_finding, findings))


def _show_finding(finding: Finding) -> Finding:
    places = tuple(structs.replace(place, text=show_text(place.text)) for place in finding.places)
    return structs.replace(finding, message=show_text(finding.message), places=places)


def marked_units(data: bytes, units: Units) -> Positions:
    """The numbers of the units that hold marks."""
    if LEAD not in data:
        return NONE
    return _units_at((match.start() for match in _MARK_BYTES.finditer(data)), units)


def units_with(mark: bytes, data: bytes, units: Units) -> Positions:
    """Likewise of one mark."""
    if mark not in data:
        return NONE
    return _units_at((match.start() for match in re.finditer(re.escape(mark), data)), units)


def _units_at(positions: Iterable[int], units: Units) -> Positions:
    offsets = np.fromiter(positions, dtype=np.int64)
    numbers = np.unique(np.searchsorted(units.ends, offsets, side="right"))
    numbers = numbers[numbers < len(units.ends)]
    return numbers[~units.blank[numbers]]
