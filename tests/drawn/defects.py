"""What may be wrong with a file, put in on purpose. Each defect says which findings would name it."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from msgspec import Struct

from services.upload.scan.kinds import kind_of
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
    draft.faulty["stray bytes"] = number
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
    draft.faulty["open quote"] = number
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
    draft.faulty["stray quote"] = number
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
    draft.faulty["short record"] = number
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
    draft.faulty["long record"] = number
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


def _insert(draft: Draft, name: str, line: str, row: list[str]) -> None:
    """Among the records, with what it stands for; nothing for no row."""
    middle = len(draft.records) // 2
    draft.records.insert(middle, line)
    draft.truth.rows.insert(middle, row)
    draft.faulty = {other: number + (number >= middle) for other, number in draft.faulty.items()} | {name: middle}


def repeated_header(random: Random, draft: Draft) -> bool:
    if draft.header is None or len(draft.records) < 4:
        return False
    _insert(draft, "repeated header", draft.header, [])
    return True


def header_spelled_otherwise(random: Random, draft: Draft) -> bool:
    if draft.header is None or draft.truth.titles is None or len(draft.records) < 4:
        return False
    titles = [random.choice([str.upper, str.lower, str.title])(title) for title in draft.truth.titles]
    blank = random.choice(["", " "]) if draft.truth.delimiter != "\t" else ""
    mark = random.choice(["", "", "\ufeff"]) if draft.encoding.startswith("utf") else ""
    quoting = "minimal" if blank else random.choice(["minimal", "all"])
    _insert(
        draft,
        "header spelled otherwise",
        mark + (draft.truth.delimiter + blank).join(write_record([title], draft.truth.delimiter, quoting) for title in titles),
        [],
    )
    return _can_be_written(draft)


def header_in_another_order(random: Random, draft: Draft) -> bool:
    titles = draft.truth.titles
    if draft.header is None or titles is None or len(draft.records) < 4 or titles[::-1] == titles:
        return False
    draft.records = [*draft.records, write_record(titles[::-1], draft.truth.delimiter, draft.quoting)]
    draft.faulty["header in another order"] = len(draft.records) - 1
    for row in draft.truth.rows[:2]:
        if len(row) == len(titles):
            draft.records.append(write_record(row[::-1], draft.truth.delimiter, draft.quoting))
            draft.truth.rows.append([*row])
    return len(draft.truth.rows) > 2


def _can_be_written(draft: Draft) -> bool:
    try:
        "".join(draft.records).encode(draft.encoding)
    except UnicodeEncodeError:
        draft.encoding = "utf-8"
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
    draft.truth.is_suggested.insert(0, False)
    draft.faulty.clear()  # all records are written anew
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
    draft.faulty.clear()
    return True


def quoted_blank_record(random: Random, draft: Draft) -> bool:
    width = len(draft.truth.false_types)
    if width < 2 or len(draft.records) < 3:
        return False
    field = random.choice(['""', " "]) if draft.truth.delimiter != "\t" else '""'
    _insert(draft, "quoted blank record", draft.truth.delimiter.join([field] * width), [])
    return True


def blank_lines_first(random: Random, draft: Draft) -> bool:
    if draft.header is None or draft.lines_before:
        return False
    padding = draft.truth.delimiter * (len(draft.truth.false_types) - 1)
    draft.lines_before = random.choice([[padding], [padding, padding], ["", padding], [""]])
    return True


def account_preamble(random: Random, draft: Draft) -> bool:
    """As banks write them: names and values in two fields, then a blank line."""
    if draft.header is None or len(draft.records) < 8 or draft.lines_before:
        return False
    pairs = [["Konto:", "DE00 / Giro"], ["Zeitraum:", "01.10. - 31.10."], ["Saldo", "1.234,50 EUR"]][: random.randrange(1, 4)]
    draft.lines_before = [*(write_record(pair, draft.truth.delimiter, draft.quoting) for pair in pairs), ""]
    return True


def untitled_column(random: Random, draft: Draft) -> bool:
    if draft.header is None or draft.truth.titles is None or len(draft.truth.titles) < 3:
        return False
    draft.truth.titles[random.randrange(len(draft.truth.titles))] = ""
    draft.header = write_record(draft.truth.titles, draft.truth.delimiter, draft.quoting)
    return True


def short_header(random: Random, draft: Draft) -> bool:
    """Titles that the header does not have, somewhere: nobody knows which."""
    if draft.header is None or draft.truth.titles is None or len(draft.truth.titles) < 3 or len(draft.records) < 3:
        return False
    kept = [*draft.truth.titles]
    missing = random.randrange(len(kept))
    if missing == len(kept) - 1 and not any(row[-1] for row in draft.truth.rows):
        return False  # the same bytes as of records that all end in a delimiter: no column is lost
    kept.pop(missing)
    draft.header = write_record(kept, draft.truth.delimiter, draft.quoting)
    return True


def header_by_another_delimiter(random: Random, draft: Draft) -> bool:
    titles = draft.truth.titles
    if draft.header is None or titles is None or len(titles) < 3 or len(draft.records) < 3:
        return False
    other = random.choice([delimiter for delimiter in ",;\t|" if delimiter != draft.truth.delimiter])
    draft.header = write_record(titles, other, draft.quoting)
    return True


def line_of_units(random: Random, draft: Draft) -> bool:
    """A second line of titles."""
    if draft.header is None or len(draft.records) < 5 or draft.stray_bytes or draft.faulty:
        return False
    firsts = draft.truth.rows[0]
    units = [random.choice(["kg", "EUR", "m", "pcs"]) if kind_of(field) in ("number", "time") else "" for field in firsts]
    if not any(units):
        return False
    draft.records.insert(0, write_record(units, draft.truth.delimiter, draft.quoting))
    draft.truth.rows.insert(0, [])
    draft.faulty["line of units"] = 0
    return True


def literal_quotes(random: Random, draft: Draft) -> bool:
    """A program that knows no quotes: they are characters."""
    special = ('"', "\n", draft.truth.delimiter)
    rows = draft.truth.rows
    if len(rows) < 5 or draft.stray_bytes or draft.faulty or any(mark in field for row in rows for field in row for mark in special):
        return False
    words = [place for place, value in enumerate(rows[0]) if value[:1].isalpha()]
    if not words or draft.header is None:
        return False
    column = random.choice(words)
    one, two = sorted(random.sample(range(len(rows)), 2))
    rows[one][column] = f'"{rows[one][column]}'
    rows[two][column] = f'{rows[two][column]}"'
    third = random.randrange(len(rows))
    if third not in (one, two):
        rows[third][column] = f'"{rows[third][column]}" too'
    draft.records = [draft.truth.delimiter.join(row) for row in rows]
    draft.header = draft.truth.delimiter.join(draft.truth.titles or [])
    return True


def backslashes(random: Random, draft: Draft) -> bool:
    """As MySQL writes: quotes behind a backslash, \\N for null."""
    if draft.stray_bytes or draft.faulty or draft.header is None:
        return False
    rows = draft.truth.rows
    if not any('"' in field for row in rows for field in row) or any("\\" in field or "\n" in field for row in rows for field in row):
        return False
    escaped = [["\\N" if not field else '"' + field.replace('"', '\\"') + '"' for field in row] for row in rows]
    draft.records = [draft.truth.delimiter.join(fields) for fields in escaped]
    return True


REGIONS: Final = (
    (("cp1250", "iso-8859-2", "cp852"), ("Győző", "Széchenyi utca", "tükörfúrógép", "őrség", "Kossuth tér", "Gyöngyös")),
    (("cp1250", "iso-8859-2", "cp852"), ("Łódź", "Śląsk", "żółty", "Gdańsk", "ulica Długa", "Wrocław")),
    (("cp1250", "iso-8859-2"), ("Čeněk", "Žofie Dvořáková", "Plzeň", "náměstí Míru", "Třebíč", "Liberec")),
    (("cp1254",), ("İstanbul", "Şişli", "Beyoğlu", "Ağrı", "Iğdır çarşı", "üçüncü", "Ankara")),
    (("cp1257",), ("Žemaitė", "Šiauliai", "ąžuolas", "Eglė", "Kęstutis", "Žąsų gatvė", "Vilnius")),
    (("cp1251", "koi8-r", "cp866", "iso-8859-5"), ("Москва", "Казань", "улица Ленина", "Анна", "Нижний Новгород", "склад")),
    (("cp1253",), ("Αθήνα", "Θεσσαλονίκη", "Πάτρα", "οδός Ερμού", "Ιωάννης")),
    (("cp1255",), ("ירושלים", "חיפה", "רחוב הרצל", "תל אביב")),
    (("cp1256",), ("القاهرة", "شارع التحرير", "مدينة", "الرياض")),
    (("shift_jis", "euc_jp"), ("東京都", "大阪府", "名古屋市", "りんご", "みかん")),
    (("gbk",), ("北京市", "上海市", "广州市", "苹果")),
    (("big5",), ("臺北市", "高雄市", "蘋果")),
    (("euc_kr",), ("서울", "부산", "사과")),
    (("cp850", "mac_roman"), ("Müller", "Straße", "Jürgen", "Äpfel", "Bäcker")),
)


def _refill_words(random: Random, draft: Draft, words: Sequence[str]) -> int | None:
    """A column of words with others in their place. Answers which; None: there is none."""
    columns = [place for place, value in enumerate(draft.truth.rows[0]) if value[:1].isalpha()]
    if not columns:
        return None
    column = random.choice(columns)
    for row in draft.truth.rows:
        row[column] = random.choice(words)
    return column


def regional_encoding(random: Random, draft: Draft) -> bool:
    """Words of a region in its old encoding: what it is can only be guessed."""
    if draft.stray_bytes or draft.faulty or draft.header is None or not "".join([draft.header, *draft.records]).isascii():
        return False
    encodings, region = random.choice(REGIONS)
    if _refill_words(random, draft, region) is None:
        return False
    draft.records = [write_record(row, draft.truth.delimiter, draft.quoting) for row in draft.truth.rows]
    draft.encoding = random.choice(encodings)
    return True


def encoded_twice(random: Random, draft: Draft) -> bool:
    """UTF-8 that was taken for Windows-1252 on its way, in a column of words."""
    if draft.encoding not in ("utf-8", "utf-8-sig") or draft.stray_bytes or draft.faulty or draft.header is None:
        return False
    column = _refill_words(random, draft, _ACCENTED)
    if column is None:
        return False
    rows = [[*row[:column], row[column].encode().decode("cp1252"), *row[column + 1 :]] for row in draft.truth.rows]
    draft.records = [write_record(row, draft.truth.delimiter, draft.quoting) for row in rows]
    return True


def mixed_line_ends(random: Random, draft: Draft) -> bool:
    if draft.line_end != "\n" or len(draft.records) < 3:
        return False
    draft.records = [record + random.choice(["", "\r"]) for record in draft.records]
    return True


def ctrl_z(random: Random, draft: Draft) -> bool:
    draft.lines_after.append("\x1a")
    draft.ends_with_line_end = False
    return True


_ACCENTED: Final = ("Café", "Müller", "Größe", "Crème", "São Paulo", "Ångström", "Élan", "Zoë")
_QUOTES: Final = frozenset({"quote-swallowed-lines", "stray-quotes", "no-quotes"})
_HEAD: Final = frozenset({"preamble-skipped", "comment-lines-skipped", "header-guessed", "header-absent", "header-rows"})
_WIDTH: Final = frozenset({"short-records-filled", "extra-fields-dropped", "header-short", "blank-records-left-out"})
_TITLES: Final = _HEAD | _WIDTH | {"empty-columns-left-out", "delimiter-near-tie"}
_AGAIN: Final = frozenset({"header-repeated"})
_FOOT: Final = frozenset({"footer-suspected", "short-records-filled"})

DEFECTS: Final[dict[str, Defect]] = {
    "regional encoding": Defect(regional_encoding, frozenset({"encoding-guessed"})),
    "encoded twice": Defect(encoded_twice, frozenset({"encoded-twice"})),
    "literal quotes": Defect(literal_quotes, _QUOTES),
    "backslashes": Defect(backslashes, _QUOTES | {"null-marker"}),
    "stray bytes": Defect(stray_bytes, frozenset({"encoding-errors", "encoding-guessed"})),
    "open quote": Defect(open_quote, _QUOTES),
    "stray quote": Defect(stray_quote, _QUOTES),
    "short record": Defect(short_record, _WIDTH),
    "long record": Defect(long_record, _WIDTH),
    "row names": Defect(row_names, _WIDTH | {"empty-columns-left-out"}),
    "blank after the delimiter": Defect(blank_after_delimiter, frozenset({"blank-after-delimiter"})),
    "empty columns": Defect(empty_columns, frozenset({"empty-columns-left-out"})),
    "header trails": Defect(header_trails, _WIDTH | {"empty-columns-left-out"}),
    "short header": Defect(short_header, _TITLES),
    "untitled column": Defect(untitled_column, _TITLES),
    "header by another delimiter": Defect(header_by_another_delimiter, _TITLES),
    "line of units": Defect(line_of_units, _HEAD),
    "account preamble": Defect(account_preamble, _HEAD),
    "blank lines first": Defect(blank_lines_first, _HEAD | {"blank-records-left-out"}),
    "preamble": Defect(preamble, _HEAD),
    "comments": Defect(comments, _HEAD),
    "sep line": Defect(sep_line, _HEAD),
    "repeated header": Defect(repeated_header, _AGAIN),
    "header spelled otherwise": Defect(header_spelled_otherwise, _AGAIN),
    "header in another order": Defect(header_in_another_order, _AGAIN),
    "quoted blank record": Defect(quoted_blank_record, frozenset({"blank-records-left-out"})),
    "footer": Defect(footer, _FOOT),
    "empty records": Defect(empty_records, frozenset({"blank-records-left-out"})),
    "ctrl-z": Defect(ctrl_z, _FOOT),
    "mixed line ends": Defect(mixed_line_ends, frozenset()),
}
