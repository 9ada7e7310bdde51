"""Tells what was repaired or left out while records were read: short ones filled, empty fields dropped, quotes dropped as `csv` does,
records of nothing but delimiters, the header again. Pure.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import numpy as np
from msgspec import structs

from backbone.csvread.borders import Units
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
    "blank-records-left-out": ("info", "Records of nothing but delimiters, and comments, were left out.", None),
    "header-repeated": (
        "info",
        "The header stands again among the records, as when files are written one behind the other; it became a reject each time.",
        None,
    ),
}


_NARROW: Final = (
    "Records of nothing but delimiters were left out, and some have fewer delimiters than the header: were they short records that lost their "
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
    repaired: dict[FindingCode, Iterable[int]] = {
        "short-records-filled": [int(unit) for segment in segments for unit in segment.short],
        "extra-fields-dropped": [int(unit) for segment in segments for unit in segment.long],
        "stray-quotes": _with_text_behind_quotes(data, units, doubtful, dialect),
        "blank-records-left-out": left_out,
        "header-repeated": [misfit.unit for segment in segments for misfit in segment.misfits if misfit.reason == "header-repeated"],
    }
    findings = tuple(_tell(code, sorted(numbers), place_of) for code, numbers in repaired.items() if numbers)
    narrow = _narrow(data, units, left_out, dialect, width)
    return tuple(
        _warn_of_narrow(finding, narrow, place_of) if narrow and finding.code == "blank-records-left-out" else finding
        for finding in findings
    )


def _with_text_behind_quotes(data: bytes, units: Units, doubtful: Sequence[int], dialect: Dialect) -> list[int]:
    kept = {ord(character) for character in (dialect.quote, dialect.escape) if character}
    strays = [position for position in doubtful if data[position] not in kept]
    numbers = np.unique(np.searchsorted(units.ends, np.array(strays, dtype=np.int64), side="right"))
    return [int(number) for number in numbers if number < len(units.ends)]


def _left_out(data: bytes, units: Units) -> list[int]:
    return [number for number in np.flatnonzero(units.blank).tolist() if data[units.begins[number]] not in b"\r\n"]


def _narrow(data: bytes, units: Units, left_out: list[int], dialect: Dialect, width: int) -> list[int]:
    """Spreadsheets write blank records as wide as all others."""
    delimiter = dialect.delimiter.encode()
    blanks = [number for number in left_out if not dialect.comment or data[units.begins[number]] != ord(dialect.comment)]
    return [number for number in blanks if 0 < data.count(delimiter, units.begins[number], units.ends[number]) < width - 1]


def _warn_of_narrow(finding: Finding, narrow: list[int], place_of: Callable[[int], Place]) -> Finding:
    places = tuple(place_of(number) for number in narrow[:PLACES_MAX])
    return structs.replace(finding, level="warning", message=_NARROW, places=places)


def _tell(code: FindingCode, numbers: list[int], place_of: Callable[[int], Place]) -> Finding:
    level, message, suggest = _TOLD[code]
    places = tuple(place_of(number) for number in numbers[:PLACES_MAX])
    return Finding(code=code, level=level, message=message, count=len(numbers), places=places, suggest=suggest)
