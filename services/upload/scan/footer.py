"""Lines at the end of a file that are no data: totals, notes on where the data come from, a Ctrl-Z. They are told, and left out only
on request.
"""

import csv
import re
from typing import Final

from backbone.csvread.exact import csv_options
from backbone.findings import Finding, Suggestion, place
from backbone.model import Dialect
from services.upload.scan.kinds import kind_of

LINES_MAX: Final = 5  # of a footer that is recognised
OTHERS_MIN: Final = 3  # lines before one that sums them up
TAIL_BYTES: Final = 4096
_WORDS: Final = re.compile(
    r"""["']?(total|sum|summe|gesamt|insgesamt|subtotal|grand total|average|mean|stand|quelle|source|note|notes|hinweis|anmerkung|"""
    r"""\(?\d+ (?:records?|rows?|zeilen)|"""
    r"""records?|rows?|zeilen|anzahl|count|end of|eof|generated|erstellt|exported|copyright|\(?c\)|©|\*|totale|totaal|totales)\b""",
    re.IGNORECASE,
)
_TABLE_WORDS: Final = re.compile(r"""["']?(grand total|total|sum|summe|gesamt|insgesamt|totale|totaal|totales)["']?[:.]?$""", re.IGNORECASE)


class Footer:
    """Keeps the last bytes of what flows by."""

    def __init__(self, dialect: Dialect, width: int) -> None:
        self._dialect = dialect
        self._width = width
        self._tail = b""

    def take(self, data: bytes, end: int) -> None:
        self._tail = data[max(0, end - TAIL_BYTES) : end]

    def findings(self, records: int) -> tuple[Finding, ...]:
        lines = [line for line in self._tail.decode("utf-8", "ignore").splitlines() if line]
        blank = len(lines)  # from there on
        while blank and self._is_blank(lines[blank - 1]):
            blank -= 1
        footer: list[str] = []
        for line in reversed(lines[max(0, blank - LINES_MAX) : blank]):
            if not self._is_footer(line):
                break
            footer.insert(0, line)
        count = len(footer) + len(lines) - blank  # with the lines of delimiters behind it
        if not footer and self._sums_up(lines[:blank]):
            footer = [lines[blank - 1]]
            count = 1 + len(lines) - blank
        if not footer or len(footer) >= records:
            return ()
        message = (
            f"The last {len(footer)} lines look like totals or notes, not like records, but were read as such. "
            f"Give skip_end={count} to leave them out."
        )
        places = tuple(place(record=records - len(footer) + number, text=line) for number, line in enumerate(footer, start=1))
        suggest = Suggestion(option="skip_end", value=str(count))
        return (Finding(code="footer-suspected", level="warning", message=message, count=len(footer), places=places, suggest=suggest),)

    def _sums_up(self, lines: list[str]) -> bool:
        """Whether the last line has numbers alone, behind a first field that is empty in no other line: sums without a word."""
        records = [next(csv.reader([line], **csv_options(self._dialect)), [""]) for line in lines[-LINES_MAX - 1 :]]
        if len(records) < OTHERS_MIN + 1 or self._width < 2 or any(len(fields) != self._width for fields in records):
            return False
        filled = [field for field in records[-1] if field.strip()]
        firsts = [bool(fields[0].strip()) for fields in records]
        return bool(filled) and firsts == [True] * (len(firsts) - 1) + [False] and all(kind_of(field) == "number" for field in filled)

    def _is_blank(self, line: str) -> bool:
        return not line.strip(f"{self._dialect.delimiter} ")

    def _is_footer(self, line: str) -> bool:
        if line.strip("\x1a \t") == "":
            return "\x1a" in line
        if self._dialect.quote and line.count(self._dialect.quote) % 2:  # the last line of a field that has several
            return False
        fields = next(csv.reader([line], **csv_options(self._dialect)), [""])
        if _TABLE_WORDS.match(fields[0].strip()):
            return self._width > 1
        is_alone = sum(1 for field in fields if field.strip(' "')) == 1 and bool(fields[0].strip())
        if not is_alone or self._width < 2 or kind_of(fields[0]) != "text":
            return False
        is_note = len(fields) < self._width and ":" in fields[0]
        return is_note or _WORDS.match(fields[0].strip()) is not None


def begin_of_last_lines(data: bytes, count: int) -> int:
    """Where the last `count` lines begin; blank ones at the end do not count."""
    end = len(data.rstrip(b"\r\n"))
    for _ in range(count):
        if end <= 0:
            return 0
        feed = max(data.rfind(b"\n", 0, end), data.rfind(b"\r", 0, end))
        begin = feed + 1
        end = len(data[:begin].rstrip(b"\r\n")) if begin else 0
    return begin if count else len(data)
