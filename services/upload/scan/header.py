"""Where a file's table begins among the first records: behind which lines of preamble, with which header, or with none.

A line is skipped on evidence alone, for a header taken for preamble loses the names of all columns: the records behind it are of
another width, or it says nothing in all columns but its first, and what follows is a better header.
"""

import re
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from services.upload.scan.kinds import ColumnKind, is_null, is_year, kind_of, kind_of_column
from services.upload.scan.sample import SampleRecord, usual_width

PREAMBLE_LINES_MAX: Final = 100
EVEN_SHARE_MIN: Final = 0.7  # of the records behind a preamble have one width
NOTE_WIDTH_MIN: Final = 3  # a title and an empty field may well be a header, a title and two are a note
COUNTED_MIN: Final = 3  # titles that count up are no chance
EXTRA_HEADERS_MAX: Final = 3
EXTRA_HEADER_BODY_MIN: Final = 3  # records below a line that has a word, or nothing, in each column of numbers
_TYPE_OR_UNIT: Final = re.compile(
    r"[\[(<{][^\d\])>}][^\])>}]{0,20}[\])>}]|(?i:n?(?:var)?char2?|str|string|text|(?:big|small|tiny)?int|integer|float|double|real|decimal|numeric|number"
    r"|bool|boolean|date|datetime|timestamp|time|object|category|categorical)(?:\(\d+(?:,\s*\d+)?\))?"
)
OTHER_DELIMITERS: Final = (",", ";", "\t", "|")


class TablePlace(Struct, frozen=True, kw_only=True):
    begin: int  # among the records
    width: int  # fields of most records
    has_header: bool = True
    header_delimiter: str = ""  # the header is written with another one than the records
    extra_headers: int = 0  # lines below the header that seem to be parts of it
    evidence: int = 0  # columns whose values are of another kind than their title


def place_table(records: list[SampleRecord], *, has_header: bool | None = None, may_skip: bool = True) -> TablePlace:
    """`has_header`: what is known of it. `records` hold at least one that is not blank."""
    width = usual_width(records)
    begin = _find_begin(records, width) if may_skip else _next_filled(records, 0)
    first, body = records[begin], [record for record in records[begin + 1 :] if not record.is_blank]
    kinds = column_kinds([record for record in body if record.width == width] or body, width)
    if first.width < width and (delimiter := _other_delimiter(first, width)):
        return TablePlace(begin=begin, width=width, header_delimiter=delimiter)
    if has_header is None:
        has_header = first.width != width or _is_header(first, kinds, body)
    return TablePlace(
        begin=begin,
        width=width,
        has_header=has_header,
        extra_headers=_count_extra_headers(first, body, width) if has_header else 0,
        evidence=_evidence(first.fields, kinds) if has_header and first.width == width else 0,
    )


def column_kinds(records: list[SampleRecord], width: int) -> list[ColumnKind]:
    return [kind_of_column(record.fields[index] for record in records if index < record.width) for index in range(width)]


def _find_begin(records: list[SampleRecord], width: int) -> int:
    begin = _next_filled(records, 0)
    if width < 2:
        return _skip_comments(records, begin)
    begin = _skip_comments(records, begin, width)
    usual = next((index for index in range(begin, len(records)) if _is_as_wide(records[index], width)), begin)
    if begin < usual and _are_preamble(records, begin, usual, width):
        begin = usual
    begin = _skip_wide_note(records, _next_filled(records, begin), width)
    return _skip_notes(records, begin, width)


def _is_as_wide(record: SampleRecord, width: int) -> bool:
    return record.width >= width and not record.is_blank


def _skip_wide_note(records: list[SampleRecord], begin: int, width: int) -> int:
    """A sentence with delimiters in it, before a header of the records' width."""
    follower = _next_filled(records, begin + 1)
    is_wide = len(without_trailing_empty(records[begin].fields)) > width
    if not is_wide or follower <= begin or records[follower].width != width:
        return begin
    behind = [record for record in records[follower + 1 :] if not record.is_blank]
    kinds = column_kinds(behind, width)
    is_header = len(behind) > 1 and _evidence(records[follower].fields, kinds) > 0 and all(map(is_word, records[follower].fields))
    return follower if is_header else begin


def _next_filled(records: list[SampleRecord], begin: int) -> int:
    return next((index for index in range(begin, len(records)) if not records[index].is_blank), begin)


def _skip_comments(records: list[SampleRecord], begin: int, width: int = 1) -> int:
    """Lines with `#` before what is none; not a header that begins with one (`#id,name`)."""
    index = begin
    while index < len(records) - 1 and (records[index].is_blank or records[index].text.startswith("#")):
        index += 1
    if index == begin or index > PREAMBLE_LINES_MAX:
        return begin
    comments = [record for record in records[begin:index] if not record.is_blank]
    last = comments[-1]
    could_be_header = last.width == width and width > 1 and (not last.text.startswith("# ") or _heads_numbers(last, records[index:], width))
    if could_be_header and not _is_better_header(records, index, index - 1, width):
        return records.index(last)
    return index


def _heads_numbers(comment: SampleRecord, behind: list[SampleRecord], width: int) -> bool:
    """As numpy writes a header: `# x, y` above records that have none of their own."""
    kinds = column_kinds(behind, width)
    are_numbers = all(column.kind not in ("text", "empty") for column in kinds)
    return are_numbers and _evidence(comment.fields, kinds) == width and not _evidence(behind[0].fields, kinds)


def _are_preamble(records: list[SampleRecord], begin: int, usual: int, width: int) -> bool:
    """Whether the narrower records before the first usual one are no header and no data."""
    before = [record for record in records[begin:usual] if not record.is_blank]
    behind = [record for record in records[usual:] if not record.is_blank]
    even = sum(1 for record in behind if record.width >= width) >= EVEN_SHARE_MIN * len(behind)
    if not even or len(behind) < 2 or len(before) > PREAMBLE_LINES_MAX:
        return False
    last = before[-1]
    follows_at_once = not records[usual - 1].is_blank
    return not (follows_at_once and (_other_delimiter(last, width) or is_short_header(last, behind, width)))


def is_short_header(record: SampleRecord, behind: list[SampleRecord], width: int) -> bool:
    """A header whose records all have more fields: R's row names, or delimiters at the end of each record."""
    quoted_title = record.width == 1 and record.text.startswith('"') and width == 2
    if record.width < 2 and not quoted_title:
        return False
    titles = without_trailing_empty(record.fields)
    if any(kind_of(field) != "text" for field in titles):
        return False
    if len(set(titles)) < len(titles) and not _evidence(record.fields, column_kinds(behind, width)):
        return False
    if any(field.rstrip().endswith(":") for field in record.fields):
        return False
    valued = 1 + max((index for one in behind for index, field in enumerate(one.fields) if field.strip(" \t")), default=0)
    return record.width >= valued - 1 and not _is_header_over(behind, width)


def without_trailing_empty(titles: list[str]) -> list[str]:
    width = len(titles)
    while width > 1 and not titles[width - 1].strip():
        width -= 1
    return titles[:width]


def _is_header_over(records: list[SampleRecord], width: int) -> bool:
    return _evidence(records[0].fields, column_kinds(records[1:], width)) > 0


def _other_delimiter(record: SampleRecord, width: int) -> str:
    """By which a line that holds none of the records' delimiters falls into as many titles as they have fields."""
    if record.width != 1 or width < 2:
        return ""
    line = record.text.strip("\r\n")
    return next((delimiter for delimiter in OTHER_DELIMITERS if line.count(delimiter) == width - 1 and f"{delimiter} " not in line), "")


def _skip_notes(records: list[SampleRecord], begin: int, width: int) -> int:
    """Records of the usual width that say something in their first field alone."""
    for index in range(begin, min(len(records) - 1, begin + PREAMBLE_LINES_MAX)):
        record = records[index]
        if record.is_blank:
            continue
        is_note = record.filled == 1 and bool(record.fields[0].strip())
        follower = _next_filled(records, index + 1)
        has_gap = follower > index + 1
        if records[follower].filled <= record.filled and not (is_note and _is_note(records[follower])):
            return index if index == begin or not is_note else begin
        if is_note and _is_note(records[follower]):
            continue
        is_poor = is_note and (width >= NOTE_WIDTH_MIN or has_gap)
        if is_poor and _may_be_header(records, follower, width):
            return follower
        if (is_note or has_gap) and record.filled < width and _is_better_header(records, follower, index, width):
            return follower
        return begin
    return begin


def _is_note(record: SampleRecord) -> bool:
    return record.filled == 1 and bool(record.fields[0].strip())


def _may_be_header(records: list[SampleRecord], index: int, width: int) -> bool:
    behind = [record for record in records[index + 1 :] if not record.is_blank]
    if not behind:
        return False
    kinds = column_kinds(behind, width)
    return all(kind_of(field) in ("text", "empty") for field in records[index].fields) or _is_header(records[index], kinds, behind)


def _is_better_header(records: list[SampleRecord], index: int, than: int, width: int) -> bool:
    kinds = column_kinds([record for record in records[index + 1 :] if not record.is_blank], width)
    if _is_note(records[than]):  # what follows is no record either: it has words where they have numbers
        return _evidence(records[index].fields, kinds) > 0
    return _evidence(records[index].fields, kinds) > _evidence(records[than].fields, kinds) * (records[than].width == width)


def _evidence(titles: list[str], kinds: list[ColumnKind]) -> int:
    """Columns of numbers or times whose title is a word with a letter in it: `6"150` is a number gone wrong."""
    return sum(
        1
        for title, column in zip(titles, kinds, strict=False)
        if column.kind not in ("text", "empty") and is_word(title) and any(map(str.isalpha, title))
    )


def is_word(field: str) -> bool:
    return kind_of(field) == "text" and not is_null(field)


def _is_header(first: SampleRecord, kinds: list[ColumnKind], body: list[SampleRecord]) -> bool:
    """False only where the first record is evidently one like all others: where columns hold numbers or times throughout, and it has
    such values there too."""
    own = [kind_of(field) for field in first.fields]
    if not body:
        return any(kind in ("text", "empty") for kind in own)
    if _evidence(first.fields, kinds):
        return True
    pairs = enumerate(zip(first.fields, kinds, strict=False))
    if any(column.kind not in ("text", "empty") and _is_null_among(field, index, body) for index, (field, column) in pairs):
        return False
    alike = [(field, column) for field, kind, column in zip(first.fields, own, kinds, strict=False) if kind == column.kind != "text"]
    alike = [(field, column) for field, column in alike if column.kind != "empty" and not _is_percentile(field, body)]
    if not alike:
        return True
    # `country,2019,2020` is a header, though it is made of numbers; a column of years has a year at its top.
    years = [field for field, column in alike if is_year(field) and not column.are_years]
    # As pivot tables have it: nothing stands over the column of names.
    has_corner = not first.fields[0].strip() and kinds[0].kind != "empty"
    if not has_corner and not any(is_word(field) for field in first.fields):
        return False
    return len(years) == len(alike) == len(set(years)) or (counts_up(first) and not any(map(counts_up, body)))


def _is_null_among(field: str, index: int, body: list[SampleRecord]) -> bool:
    """`N/A` above numbers, which have it among them too: a value is missing, in a record."""
    return bool(field.strip()) and is_null(field) and any(index < record.width and record.fields[index] == field for record in body)


def _is_percentile(field: str, body: list[SampleRecord]) -> bool:
    """`10%` above plain numbers."""
    return field.strip().endswith("%") and not any("%" in record.text for record in body)


def counts_up(record: SampleRecord) -> bool:
    """`product,1,2,3`: months, ranks or years over what was measured in them."""
    numbers = [int(field) for field in record.fields if field.isascii() and field.isdecimal() and len(field) < 5]
    return len(numbers) >= COUNTED_MIN and numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def looks_like_header(records: list[SampleRecord], names: Sequence[str]) -> bool:
    """Whether the first of `records`, which was taken for data, names the columns: words over numbers, or the very `names`."""
    first, body = records[0], records[1:]
    own = [field.strip().casefold() for field in first.fields]
    says_names = 2 * sum(name.casefold() in own for name in names) > len(names)
    return says_names or (len(body) > 0 and _evidence(first.fields, column_kinds(body, first.width)) > 0)


def _count_extra_headers(first: SampleRecord, body: list[SampleRecord], width: int) -> int:
    """Units or parts of titles below the header: words in columns that hold numbers from there on."""
    if len(body) > 1 and _says_types(body[0]) and not _says_types(body[1]) and not _says_types(first):
        return 1
    if all(kind_of(field) in ("text", "empty") for record in body[1:] for field in record.fields):
        return 0
    counts = range(min(EXTRA_HEADERS_MAX, len(body) // 2 or len(body) - 1), 0, -1)
    return next((count for count in counts if _are_headers(first, body[:count], body[count:], width)), 0)


def _says_types(record: SampleRecord) -> bool:
    """Units in brackets or names of types, and nothing else: `[kg],[m]`, `int,varchar(20)`."""
    filled = [field.strip() for field in record.fields if field.strip()]
    return len(filled) > 1 and all(map(_TYPE_OR_UNIT.fullmatch, filled))


def _are_headers(first: SampleRecord, records: list[SampleRecord], body: list[SampleRecord], width: int) -> bool:
    kinds = column_kinds(body, width)
    typed = [index for index, column in enumerate(kinds) if column.kind not in ("text", "empty")]
    titled = len(without_trailing_empty(first.fields))
    if not typed or any(not titled <= record.width <= width for record in records):
        return False
    if len(records) == 1 and len(body) >= EXTRA_HEADER_BODY_MIN:
        fields = [records[0].fields[index] for index in typed if index < records[0].width]
        return any(map(is_word, fields)) and all(is_word(field) or not field.strip() for field in fields)
    if len(typed) < 2:
        return False
    is_repeated = any(field == title and field for record in records for field, title in zip(record.fields, first.fields, strict=False))
    return not is_repeated and all(index < record.width and is_word(record.fields[index]) for record in records for index in typed)
