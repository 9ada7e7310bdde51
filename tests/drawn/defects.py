"""What may be wrong with a file, put in on purpose. Each defect says which findings would name it."""

from collections.abc import Callable
from random import Random
from typing import Final

from msgspec import Struct

from tests.drawn.files import Draft, write_record

Spoil = Callable[[Random, Draft], bool]  # False: this file cannot have the defect


class Defect(Struct, frozen=True):
    spoil: Spoil
    named_by: frozenset[str]


def stray_bytes(random: Random, draft: Draft) -> bool:
    if draft.encoding not in ("utf-8", "utf-8-sig") or not draft.records:
        return False
    number = random.randrange(len(draft.records))
    record = draft.records[number]
    place = next((at for at, letter in enumerate(record) if letter.isalpha()), None)
    if place is None:
        return False
    draft.records[number] = f"{record[: place + 1]}\0{number}\0{record[place + 1 :]}"
    draft.stray_bytes.append((number, random.choice([b"\xe9", b"\xff", b"\xff\xfe", b"\xc3", b"\x93"])))
    draft.truth.rows[number] = ["\0a record that no reading can know"]
    return True


def _is_known(draft: Draft, number: int) -> bool:
    """Not of a record with stray bytes, of which nobody knows what it is to be."""
    return all(number != record for record, _ in draft.stray_bytes)


def open_quote(random: Random, draft: Draft) -> bool:
    """A quote that opens a field and is never closed, by the sender's intent a mere character (5 inch)."""
    if draft.quoting != "minimal" or len(draft.records) < 3:
        return False
    number, column = random.randrange(len(draft.records) - 1), random.randrange(len(draft.truth.false_types))
    row = draft.truth.rows[number]
    if not _is_known(draft, number) or any(special in field for field in row for special in ('"', "\n", draft.truth.delimiter)):
        return False
    row[column] = '"' + row[column]
    draft.records[number] = draft.truth.delimiter.join(row)
    return True


def stray_quote(random: Random, draft: Draft) -> bool:
    """A quote inside a quoted field that is not doubled."""
    if draft.quoting != "all" or not draft.records:
        return False
    number = random.randrange(len(draft.records))
    if not _is_known(draft, number):
        return False
    row = draft.truth.rows[number]
    column = random.randrange(len(row))
    if len(row[column]) < 2 or '"' in row[column]:
        return False
    row[column] = f'{row[column][:1]}"{row[column][1:]}'
    fields = [f'"{field}"' if place == column else write_record([field], draft.truth.delimiter, "all") for place, field in enumerate(row)]
    draft.records[number] = draft.truth.delimiter.join(fields)
    return True


def short_record(random: Random, draft: Draft) -> bool:
    if len(draft.records) < 3 or len(draft.truth.false_types) < 3:
        return False
    number = random.randrange(1, len(draft.records))
    if not _is_known(draft, number):
        return False
    row = draft.truth.rows[number]
    missing = random.randrange(len(row))
    draft.records[number] = write_record(row[:missing] + row[missing + 1 :], draft.truth.delimiter, draft.quoting)
    return True


def long_record(random: Random, draft: Draft) -> bool:
    if len(draft.records) < 3 or len(draft.truth.false_types) < 2:
        return False
    number = random.randrange(1, len(draft.records))
    if not _is_known(draft, number):
        return False
    row = draft.truth.rows[number]
    place = random.randrange(len(row))
    if not any(row[place:]):
        return False
    draft.records[number] = write_record([*row[:place], random.choice(["", "x", "7"]), *row[place:]], draft.truth.delimiter, draft.quoting)
    return True


def preamble(random: Random, draft: Draft) -> bool:
    if draft.header is None or len(draft.records) < 3:
        return False
    lines = random.choice(
        [["Report 2026"], ["Report 2026", ""], ["Export of orders", "Created: 2026-11-01", ""], ["Company Ltd", "Report"]]
    )
    padding = draft.truth.delimiter * (len(draft.truth.false_types) - 1) if random.random() < 0.4 else ""
    draft.lines_before = [*draft.lines_before, *(line + padding for line in lines)]
    return True


def comments(random: Random, draft: Draft) -> bool:
    if draft.header is None or draft.lines_before or len(draft.records) < 3:
        return False
    draft.lines_before = ["# exported by a program", "# units: metres"][: random.randrange(1, 3)]
    return True


def sep_line(random: Random, draft: Draft) -> bool:
    if draft.header is None or draft.lines_before:
        return False
    draft.lines_before = [f"sep={draft.truth.delimiter}"]
    return True


def empty_records(random: Random, draft: Draft) -> bool:
    line = draft.truth.delimiter * (len(draft.truth.false_types) - 1)
    draft.lines_after += [line] * random.randrange(1, 5)
    return True


def footer(random: Random, draft: Draft) -> bool:
    width = len(draft.truth.false_types)
    if len(draft.records) < 5 or width < 3:
        return False
    line = random.choice(
        [f"Total: {len(draft.records)}", "Stand: 01.11.2026", f"Total{draft.truth.delimiter * (width - 1)}{random.randrange(9999)}"]
    )
    draft.lines_after.append(line)
    return True


def repeated_header(random: Random, draft: Draft) -> bool:
    if draft.header is None or len(draft.records) < 4:
        return False
    draft.records.insert(len(draft.records) // 2, draft.header)
    draft.truth.rows.insert(len(draft.truth.rows) // 2, [])  # no row
    return True


def empty_columns(random: Random, draft: Draft) -> bool:
    if draft.header is None:
        return False
    more = draft.truth.delimiter * random.choice([1, 2, 5, 40])
    draft.header += more
    draft.records = [record + more for record in draft.records]
    return True


def header_trails(random: Random, draft: Draft) -> bool:
    """Each record ends in a delimiter, the header does not: or the other way round."""
    if draft.header is None:
        return False
    if random.random() < 0.5:
        draft.header += draft.truth.delimiter
    else:
        draft.records = [record + draft.truth.delimiter for record in draft.records]
    return True


def row_names(random: Random, draft: Draft) -> bool:
    """As R writes them: a first column that the header does not name."""
    if draft.header is None or draft.truth.titles is None or len(draft.records) < 3 or draft.stray_bytes:
        return False
    delimiter, quoting = draft.truth.delimiter, draft.quoting
    for number, row in enumerate(draft.truth.rows, start=1):
        row.insert(0, str(number))
    draft.records = [write_record(row, delimiter, quoting) for row in draft.truth.rows]
    draft.truth.titles.insert(0, "")
    draft.truth.false_types.insert(0, frozenset())
    return True


def blank_after_delimiter(random: Random, draft: Draft) -> bool:
    if draft.truth.delimiter not in (",", ";") or draft.header is None or draft.quoting == "text" or draft.stray_bytes:
        return False
    blank = draft.truth.delimiter + " "
    if any(draft.truth.delimiter in field or "\n" in field for row in draft.truth.rows for field in row) and draft.quoting != "all":
        quoting = "minimal"
    else:
        quoting = draft.quoting
    draft.header = blank.join(write_record([title], draft.truth.delimiter, quoting) for title in draft.truth.titles or [])
    draft.records = [blank.join(write_record([field], draft.truth.delimiter, quoting) for field in row) for row in draft.truth.rows]
    return True


def ctrl_z(random: Random, draft: Draft) -> bool:
    draft.lines_after.append("\x1a")
    draft.ends_with_line_end = False
    return True


_QUOTES: Final = frozenset({"quote-swallowed-lines", "stray-quotes", "no-quotes"})
_HEAD: Final = frozenset({"preamble-skipped", "comment-lines-skipped", "header-guessed", "header-absent", "header-rows"})
_WIDTH: Final = frozenset({"short-records-filled", "extra-fields-dropped", "header-short", "blank-records-left-out"})
_FOOT: Final = frozenset({"footer-suspected", "short-records-filled"})

DEFECTS: Final[dict[str, Defect]] = {
    "stray bytes": Defect(stray_bytes, frozenset({"encoding-errors", "encoding-guessed"})),
    "open quote": Defect(open_quote, _QUOTES),
    "stray quote": Defect(stray_quote, _QUOTES),
    "short record": Defect(short_record, _WIDTH),
    "long record": Defect(long_record, _WIDTH),
    "row names": Defect(row_names, _WIDTH | {"empty-columns-left-out"}),
    "blank after the delimiter": Defect(blank_after_delimiter, frozenset({"blank-after-delimiter"})),
    "empty columns": Defect(empty_columns, frozenset({"empty-columns-left-out"})),
    "header trails": Defect(header_trails, _WIDTH | {"empty-columns-left-out"}),
    "preamble": Defect(preamble, _HEAD),
    "comments": Defect(comments, _HEAD),
    "sep line": Defect(sep_line, _HEAD),
    "repeated header": Defect(repeated_header, frozenset({"header-repeated"})),
    "footer": Defect(footer, _FOOT),
    "empty records": Defect(empty_records, frozenset({"blank-records-left-out"})),
    "ctrl-z": Defect(ctrl_z, _FOOT),
}
