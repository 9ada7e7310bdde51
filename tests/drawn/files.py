"""Draws a well-formed file as programs write them: columns, dialect, line ends, encoding, with and without a header."""

from random import Random
from typing import Final

from msgspec import Struct

from tests.drawn.columns import KINDS, Kind

DELIMITERS: Final = (",", ",", ",", ";", ";", "\t", "|")
ENCODINGS: Final = ("utf-8", "utf-8", "utf-8", "utf-8-sig", "cp1252", "utf-16")
COMMA_KINDS: Final = ("comma price", "grouped")  # German numbers, in files whose delimiter is no comma
ROWS_MAX: Final = 60


class Truth(Struct):
    """`titles` is None for a file without a header. Values are the texts that the sender means, '' for none."""

    titles: list[str] | None
    rows: list[list[str]]
    false_types: list[frozenset[str]]
    delimiter: str
    is_suggested: list[bool]  # of each column, as `Kind` has it


class Draft(Struct):
    """A file that is not written yet: defects change its parts. `lines_before` and `lines_after` are no records of the table."""

    truth: Truth
    records: list[str]  # as they will stand, without line ends; the header is not among them
    header: str | None
    quoting: str
    line_end: str
    encoding: str
    ends_with_line_end: bool
    lines_before: list[str]
    lines_after: list[str]
    stray_bytes: list[tuple[int, bytes]]  # record, and what is put behind its first field's first character
    faulty: dict[str, int]  # by defect the record that has it

    def write(self) -> bytes:
        body = [*self.lines_before, *([self.header] if self.header is not None else []), *self.records, *self.lines_after]
        text = self.line_end.join(body) + (self.line_end if self.ends_with_line_end else "")
        data = text.encode(self.encoding, "strict")
        for record, stray in self.stray_bytes:
            data = data.replace(f"\0{record}\0".encode(), stray)
        return data


def draw_draft(random: Random, rows_max: int = ROWS_MAX) -> Draft:
    delimiter = random.choice(DELIMITERS)
    kinds = _draw_kinds(random, delimiter)
    titles = _titles(random, kinds)
    count = min(rows_max, random.choice([3, 4, 5, 8, 13, 30, ROWS_MAX]))
    rows = [[kind.value(random, number) for kind in kinds] for number in range(1, count + 1)]
    has_header = random.random() < 0.93 or all(kind.is_text for kind in kinds)
    quoting = random.choice(["minimal", "minimal", "minimal", "all", "text"])
    truth = Truth(
        titles if has_header else None, rows, [kind.false_types for kind in kinds], delimiter, [kind.is_suggested for kind in kinds]
    )
    return Draft(
        truth=truth,
        records=[write_record(row, delimiter, quoting) for row in rows],
        header=write_record(titles, delimiter, quoting) if has_header else None,
        quoting=quoting,
        line_end=random.choice(["\n", "\n", "\n", "\n", "\n", "\r\n", "\r\n", "\r\n", "\r"]),
        encoding=_encoding(random, titles, rows),
        ends_with_line_end=random.random() < 0.9,
        lines_before=[],
        lines_after=[],
        stray_bytes=[],
        faulty={},
    )


def write_record(fields: list[str], delimiter: str, quoting: str) -> str:
    return delimiter.join(_write_field(field, delimiter, quoting) for field in fields)


def _write_field(field: str, delimiter: str, quoting: str) -> str:
    must = any(special in field for special in (delimiter, '"', "\n", "\r"))
    wanted = quoting == "all" or (quoting == "text" and field[:1].isalpha())
    return '"' + field.replace('"', '""') + '"' if must or wanted else field


def _draw_kinds(random: Random, delimiter: str) -> list[Kind]:
    names = [name for name in KINDS if name not in COMMA_KINDS]
    if delimiter != "," and random.random() < 0.4:
        names += ["comma price"] * 3 + ["grouped"]
    chosen = random.choices(names, k=random.choice([2, 3, 3, 4, 5, 7, 12]))
    if "grouped" in chosen and "comma price" not in chosen:  # alone nobody could tell it from a decimal
        chosen.append("comma price")
    if not any(not KINDS[name].is_text for name in chosen):
        chosen[0] = random.choice(["number", "price", "iso date"])
    return [KINDS[name] for name in chosen]


def _titles(random: Random, kinds: list[Kind]) -> list[str]:
    titles: list[str] = []
    years = random.randrange(1990, 2020) if random.random() < 0.05 else 0  # figures of several years stand under these
    for kind in kinds:
        title = random.choice(kind.titles)
        if years and titles and not kind.is_text:
            title = str(years + len(titles))
        titles.append(title if title not in titles else f"{title} {len(titles) + 1}")
    return titles


def _encoding(random: Random, titles: list[str], rows: list[list[str]]) -> str:
    encoding = random.choice(ENCODINGS)
    text = "".join("".join(row) for row in [titles, *rows])
    if encoding == "cp1252" and len([letter for letter in text if letter > "\x7f"]) < 8:
        return "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return "utf-8"
    return encoding
