"""Values with commas between them, as people type them into an option or a filter. Pure."""

import re
from typing import Final

_VALUE: Final = re.compile(r'"((?:[^"]|"")*)"(?=,|\Z)|([^,]*)', re.DOTALL)


def split_values(text: str) -> list[str]:
    """One that has a comma itself stands in quotes, with quotes in it doubled, as in a CSV file; every other letter is what it is, a line end
    or a quote that never closes as well. An empty text has no value."""
    values, place = [], 0
    while text and place <= len(text):
        match = _VALUE.match(text, place)
        assert match is not None  # an empty value is one
        quoted, plain = match.groups()
        values.append(plain if quoted is None else quoted.replace('""', '"'))
        place = match.end() + 1
    return values
