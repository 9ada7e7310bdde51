"""Lines at the end of a file that are no data: totals, notes on where the data come from, a Ctrl-Z. They are told, and left out only
on request.
"""

import csv
import re
from collections.abc import Mapping
from typing import Final

from backbone.csvread.exact import csv_options
from backbone.findings import PLACES_MAX, Finding, Suggestion, place
from backbone.model import Dialect
from services.upload.scan.kinds import kind_of

LINES_MAX: Final = 5  # of a footer that is recognised
OTHERS_MIN: Final = 3  # lines before one that sums them up
DIFFERENT_MIN: Final = 0.8  # of the first values, where sums are sought among the records
TAIL_BYTES: Final = 4096
_WORDS: Final = re.compile(
    r"""["']?(total|sum|summe|gesamt|insgesamt|subtotal|grand total|average|mean|stand|quelle|source|note|notes|hinweis|anmerkung|"""
    r"""\(?\d+ (?:records?|rows?|zeilen)|"""
    r"""records?|rows?|zeilen|anzahl|count|end of|eof|generated|erstellt|exported|copyright|\(?c\)|©|\*+|totale|totaal|totales|trailer)(?!\w)""",
    re.IGNORECASE,
)
_TABLE_WORDS: Final = re.compile(
    r"""["']?(?:(?:grand |sub|net )?totals?|sum|(?:gesamt|end|zwischen)?summe|gesamt|insgesamt|totale|totaal|totales|totaux|total général|somme|suma"""
    r"""|razem|итого|всего|合计|合計|小计|総計|trailer)["']?[:.]?$""",
    re.IGNORECASE,
)
_MEAN_WORDS: Final = re.compile(r"(?:average|avg|mean|median|durchschnitt|mittelwert|moyenne|media|promedio)[:.]?$", re.IGNORECASE)


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

    def totals_among(self, counts: Mapping[str, int], records: int) -> tuple[Finding, ...]:
        """`counts`: of values of the first column. Among names or numbers of which hardly two are the same, a word for totals is none of them."""
        words = [word for word in counts if _TABLE_WORDS.match(word.strip())] if self._width > 1 else []
        if not words or records < OTHERS_MIN + 1 or len(counts) < DIFFERENT_MIN * records:
            return ()
        count = sum(counts[word] for word in words)
        message = f"Records that begin with {', '.join(words[:PLACES_MAX])} look like sums of others, but were read as records. Take them out of the file."
        places = tuple(place(text=word) for word in words[:PLACES_MAX])
        return (Finding(code="footer-suspected", level="warning", message=message, count=count, places=places),)

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
        if self._width > 1 and (self._is_total(fields) or self._is_sentence(fields)):
            return True
        is_alone = sum(1 for field in fields if field.strip(' "')) == 1 and bool(fields[0].strip())
        if not is_alone or self._width < 2 or kind_of(fields[0]) != "text":
            return False
        is_note = len(fields) < self._width and ":" in fields[0]
        return is_note or _WORDS.match(fields[0].strip()) is not None

    def _is_total(self, fields: list[str]) -> bool:
        """A word for totals in the first field that says anything, or behind nothing but numbers; the word for a mean only beside numbers."""
        filled = [field.strip() for field in fields if field.strip()]
        words = [field for field in filled if kind_of(field) != "number"]
        if not words or not (filled[0] == words[0] or (not fields[0].strip() and len(words) == 1)):
            return False
        return _TABLE_WORDS.match(words[0]) is not None or (len(words) == 1 < len(filled) and _MEAN_WORDS.match(words[0]) is not None)

    def _is_sentence(self, fields: list[str]) -> bool:
        """A note with commas in it, which is not in quotes."""
        return len(fields) > 1 and _WORDS.match(fields[0].strip()) is not None and all(field.startswith(" ") for field in fields[1:])


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
