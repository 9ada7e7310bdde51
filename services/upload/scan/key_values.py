"""Files that are no table, though they can be read as one: lines of `key: value` or `key = value`. Pure."""

import re
from typing import Final

from backbone.findings import Finding, place
from backbone.model import Dialect
from services.upload.scan.score import Reading

LINES_MIN: Final = 2
SHARE_MIN: Final = 0.9  # of the lines that are no comment, no section and no line of dashes
_KEY: Final = re.compile(r"\s*(?:- |export )?[^\W\d_][\w.\-/ ()]{0,60}?\s*(?::(?:\s+\S|\s*$)|=(?!=))")
_FRAME: Final = re.compile(r"\s*(?:[#;]|//|\[[^\]]*\]\s*$|---\s*$|-\s)")  # what stands between keys: comments, sections, items


def tell_key_values(lines: list[str], best: Reading, decided: Dialect) -> Finding | None:
    """Keys by a colon and a blank, or by an equals sign, from the first line on; and two columns by a colon without a header that says so."""
    assert best.place is not None
    numbered = [(number, line) for number, line in enumerate(lines, start=1) if number > decided.skip and line.strip()]
    said = [(number, line) for number, line in numbered if not _FRAME.match(line) or _KEY.match(line)]
    are_keys = (
        len(said) >= LINES_MIN
        and _KEY.match(said[0][1]) is not None
        and sum(_KEY.match(line) is not None for _, line in said) >= SHARE_MIN * len(said)
    )
    is_parted_by_colon = decided.delimiter == ":" and best.place.width == 2 and not best.place.evidence
    if not (are_keys or is_parted_by_colon):
        return None
    message = (
        "The lines look like keys and values (`name: Pen`), not like records below a header, and were read as records all the same. Make a "
        "table of them, or JSON, with a record for each thing."
    )
    number, line = said[0] if said else numbered[0]
    where = place(line=number, text=line.strip("\r\n"))
    return Finding(code="delimiter-near-tie", level="warning", message=message, places=(where,))
