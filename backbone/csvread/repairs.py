"""Tells what was repaired or left out while records were read: short ones filled, empty fields dropped, quotes dropped as `csv` does,
records of nothing but delimiters, the header again. Pure.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import numpy as np
from msgspec import structs

from backbone.csvread.borders import Units
from backbone.csvread.repeated_headers import SPELLED_OTHERWISE
from backbone.csvread.segment import Segment
from backbone.findings import PLACES_MAX, Finding, FindingCode, Level, Place, Suggestion
from backbone.model import Dialect

_TOLD: Final[dict[FindingCode, tuple[Level, str, Suggestion | None]]] = {
    "short-records-filled": (
        "warning",
        "Records with fewer fields than the header were filled with nulls. Give ragged=reject to make them rejects.",
        Suggestion(option="ragged", value="reject"),
    ),
    "extra-fields-dropped": (
        "warning",
        "Records have more fields than the header; the extra ones are empty and were dropped. Is a delimiter too much in the middle, so that "
        "values stand in the wrong column? Mend the file then.",
        None,
    ),
    "stray-quotes": (
        "warning",
        "Text stands behind a closing quote: the quotes were dropped and the text joined, or kept as characters where only then a record has "
        "as many fields as the header. Give quote=none if they are no quotes.",
        Suggestion(option="quote", value="none"),
    ),
    "blank-records-left-out": ("info", "Records of nothing but delimiters, blanks or empty quotes, and comments, were left out.", None),
    "header-repeated": (
        "info",
        "The header stands again among the records, as when files are written one behind the other; it became a reject each time.",
        None,
    ),
}


_SPELLED: Final = (
    "The header stands again among the records, in another letter case or with other quotes or blanks, and became a reject. If it is data, "
    "give header=false, and skip=1 for the first."
)
_SIMILAR: Final = (
    "A record says the header's titles, or most of them, and was read as data: if it is a header, it stands among the values, and the records "
    "behind it may stand in other columns. Mend the file then, or upload its parts one by one."
)
_NARROW: Final = (
    "Records that say nothing were left out, and some have fewer delimiters than the header: were they short records that lost their "
    "only value? Mend them in the file then."
)


def find_repairs(
    data: bytes,
    units: Units,
    doubtful: Sequence[int],
    segments: Iterable[Segment],
    dialect: Dialect,
    width: int,
    place_of: Callable[[int], Place],
) -> tuple[Finding, ...]:
    """`doubtful` as `Borders` found them; `width`: the header's; `place_of` answers for the number of a unit."""
    segments = list(segments)
    left_out = _left_out(data, units)
    headers = [misfit for segment in segments for misfit in segment.misfits if misfit.reason == "header-repeated"]
    spelled = [misfit.unit for misfit in headers if misfit.detail == SPELLED_OTHERWISE]
    similar = [int(unit) for segment in segments for unit in segment.similar]
    repaired: dict[FindingCode, Iterable[int]] = {
        "short-records-filled": [int(unit) for segment in segments for unit in segment.short],
        "extra-fields-dropped": [int(unit) for segment in segments for unit in segment.long],
        "stray-quotes": _with_text_behind_quotes(data, units, doubtful, dialect),
        "blank-records-left-out": left_out,
        "header-repeated": [*(misfit.unit for misfit in headers), *similar],
    }
    findings = tuple(_tell(code, sorted(numbers), place_of) for code, numbers in repaired.items() if numbers)
    narrow = _narrow(data, units, left_out, dialect, width)
    warned = _warn(findings, "blank-records-left-out", _NARROW, narrow, place_of)
    warned = _warn(warned, "header-repeated", _SPELLED, spelled, place_of)
    return tuple(_warn(warned, "header-repeated", _SIMILAR, similar, place_of))


def _with_text_behind_quotes(data: bytes, units: Units, doubtful: Sequence[int], dialect: Dialect) -> list[int]:
    kept = {ord(character) for character in (dialect.quote, dialect.escape) if character}
    strays = [position for position in doubtful if data[position] not in kept]
    numbers = np.unique(np.searchsorted(units.ends, np.array(strays, dtype=np.int64), side="right"))
    return [int(number) for number in numbers if number < len(units.ends)]


def _left_out(data: bytes, units: Units) -> list[int]:
    return [number for number in np.flatnonzero(units.blank).tolist() if data[units.begins[number]] not in b"\r\n"]


def _narrow(data: bytes, units: Units, left_out: list[int], dialect: Dialect, width: int) -> list[int]:
    """Spreadsheets write blank records as wide as all others. A line of blanks is as good as an empty one."""
    delimiter, comment = dialect.delimiter.encode(), dialect.comment.encode()
    records = {number: data[units.begins[number] : units.ends[number]] for number in left_out}
    return [
        number
        for number, record in records.items()
        if record.strip(b" \t\r\n".replace(delimiter, b""))
        and not (comment and record.startswith(comment))
        and record.count(delimiter) < width - 1
    ]


def _warn(
    findings: Iterable[Finding], code: FindingCode, message: str, numbers: list[int], place_of: Callable[[int], Place]
) -> list[Finding]:
    """The finding of this code, if any of its units are of a graver kind: it then speaks of those."""
    if not numbers:
        return [*findings]
    places = tuple(place_of(number) for number in sorted(numbers)[:PLACES_MAX])
    graver = {"level": "warning", "message": message, "places": places}
    return [structs.replace(finding, **graver) if finding.code == code else finding for finding in findings]


def _tell(code: FindingCode, numbers: list[int], place_of: Callable[[int], Place]) -> Finding:
    level, message, suggest = _TOLD[code]
    places = tuple(place_of(number) for number in numbers[:PLACES_MAX])
    return Finding(code=code, level=level, message=message, count=len(numbers), places=places, suggest=suggest)
