"""Tells of files that were read as one column though their lines hold several. Pure."""

import re
from typing import Final

from backbone.findings import Finding, place
from backbone.model import Dialect
from services.upload.scan.candidates import USUAL_DELIMITERS, name_of
from services.upload.scan.kinds import kind_of
from services.upload.scan.options import ScanOptions
from services.upload.scan.score import Reading

BLANK_WIDTH_MIN: Final = 3
_ALIGNED: Final = re.compile(r"\S {2,}\S")


def tell_one_column(best: Reading, decided: Dialect, options: ScanOptions) -> Finding | None:
    """Lines that are whole records in quotes, or columns that are aligned by blanks, hold no delimiter that counts."""
    assert best.place is not None
    records = [record for record in best.records[best.place.begin :] if not record.is_blank]
    if best.place.width > 1 or options.delimiter or len(records) < 2 or not decided.header:
        return None
    lines = [record.fields[0] for record in records]
    inside = next((one for one in USUAL_DELIMITERS if len(counts := {line.count(one) for line in lines}) == 1 and counts != {0}), None)
    if inside is not None:
        message = (
            f"Each line stands in quotes as a whole, with {name_of(inside)} inside, and was read as one column. Take the outer quotes away."
        )
    elif all(_ALIGNED.search(line.strip()) for line in lines):
        message = (
            "The lines hold columns that are aligned by blanks, not parted by a delimiter, and were read as one column. Export them as CSV."
        )
    elif (other := _parting_of_header(lines)) is not None:
        message = (
            f"The header is parted by {name_of(other)}, the records are not, and all was read as one column. Give delimiter= with the character "
            "that parts the records."
        )
    elif _are_parted_by_blanks(lines):
        message = "The lines hold numbers that blanks part, as R writes tables, and were read as one column. Give delimiter=blank if they are several."
    else:
        return None
    where = place(line=records[0].line + 1, text=records[0].text.strip("\r\n"))
    return Finding(code="delimiter-near-tie", level="warning", message=message, places=(where,))


def _parting_of_header(lines: list[str]) -> str | None:
    header, *body = lines
    parting = [one for one in USUAL_DELIMITERS if one in header and f"{one} " not in header]
    return next((one for one in parting if not any(one in line for line in body)), None)


def _are_parted_by_blanks(lines: list[str]) -> bool:
    """Into as many fields in each record, two of them numbers or times throughout, and as many titles, or one fewer."""
    header, *body = (line.split() for line in lines)
    width = len(body[0])
    if width < BLANK_WIDTH_MIN or len(body) < 2 or len(header) not in (width, width - 1) or any(len(fields) != width for fields in body):
        return False
    return sum(all(kind_of(fields[index]) in ("number", "time") for fields in body) for index in range(width)) > 1
