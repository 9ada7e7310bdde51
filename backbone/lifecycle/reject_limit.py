"""`max_rejects`: how many rejects an upload may have before it fails as a whole. Pure."""

import re
from typing import Final

from backbone.errors import BadRequest

_LIMIT: Final = re.compile(r"(\d{1,18})|(\d{1,3}(?:\.\d{1,6})?)%")


def rejects_allowed(limit: str, records: int) -> int | None:
    """The most rejects that are allowed of so many records; None when there is no limit. Raises `BadRequest`."""
    if not limit:
        return None
    match = _LIMIT.fullmatch(limit)
    if match is None or (match[2] and float(match[2]) > 100):
        raise BadRequest("bad-option", f"max_rejects must be a count such as 10, or a share of the records such as 0.5%, not {limit!r}.")
    return int(match[1]) if match[1] else int(records * float(match[2]) / 100)
