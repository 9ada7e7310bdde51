"""Draws columns, files and requests. What is drawn is small and odd: few values, so that there are ties and duplicates, and such as were once read,
compared or found wrongly."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Final

from msgspec import Struct

from tests.model import File

WORDS: Final = (
    *(
        "teapot",
        "Teapots",
        "tepot",
        "blue",
        "Blue",
        "red",
        "the",
        "a",
        "wi-fi",
        "WiFi",
        "AB-1234/56",
        "AB1234",
        "O'Brien",
        "OBrien",
        "O´Brien",
    ),
    *(
        "l'été",
        "ete",
        "rock'n'roll",
        "iPhone15",
        "iphone",
        "15",
        "1.5kg",
        "12.50",
        "12.5",
        "node.js",
        "foo_bar",
        "v2.0.1",
        "c++",
        "c#",
        "c",
    ),
    *(
        "Müller",
        "mueller",
        "Muller",
        "Straße",
        "STRASSE",
        "größe",
        "Łódź",
        "ŁÓDŹ",
        "e\u0301te\u0301",
        "q\u0307\u0323",
        "日本語",
        "日本",
        "ภาษาไทย",
    ),
    *(
        "한국어",
        "İstanbul",
        "ÑANDÚ",
        "naïve",
        "ﬁn",
        "Foo™",
        "Foo",
        "½",
        "x²",
        "😀a",
        "ΣΟΦΟΣ",
        "σοφος",
        "Привет",
        "ПРИВЕТ",
        "2026-01-02",
        "a&b",
    ),
    *("example.com", "user@example.com", "#tag", "--", "e-mail", "don't", "x"),
)
TYPED: Final = (
    "teapott",
    "teapo",
    "blu",
    "wifi",
    "obrien",
    "brien",
    "1234",
    "ab123456",
    "sun",
    "jp",
    "2.0.1",
    "istanbul",
    "foo",
    "été",
    "本",
)
LONG: Final = "x" * 9_000
NOTES: Final = (
    *(
        "",
        "",
        "two\nlines",
        'say "hi"',
        "a,b",
        " in spaces ",
        "cr\r\nlf",
        "x'; --",
        "=1+1",
        "100%",
        "under_score",
        "back\\slash",
        "Apfel",
        "apfel",
    ),
    *(
        "Äpfel",
        "äpfel",
        "zebra",
        "Zebra",
        "10",
        "9",
        "é",
        "e",
        "\u00e9",
        "e\u0301",
        "null",
        "\ue000",
        "\U0001f600",
        "\uffee",
        LONG,
        f"{LONG} needle",
    ),
)


class Kind(Struct, frozen=True):
    """A column's type as it is declared, cells of it (none: words), and further values to ask for."""

    declared: str
    cells: tuple[str, ...]
    asked: tuple[str, ...] = ()
    shown: Mapping[str, str] = {}  # a cell as it goes out, where that is not as the file has it


COLUMNS: Final[Mapping[str, Kind]] = {
    "name": Kind("text", ()),
    "code": Kind("text", ("AB-1", "ab-1", "AB-12", "XK-100", "", "B2", "b2", "Ä1")),
    "note": Kind("text", NOTES),
    "qty": Kind("integer", ("", "0", "7", "-12", "100", "9", "9223372036854775807", "-9223372036854775808"), ("8", "-1")),
    "price": Kind(
        "decimal",
        ("", "0.3", "0.30", "0.30000000000000000001", "1.10", "1.1", "-5", "12345678901234567890.5", "0." + "0" * 330 + "1", "9" * 40),
        ("0", "1.100", "0.31"),
    ),
    "ok": Kind("boolean", ("true", "false", "")),
    "day": Kind("date", ("2024-02-29", "1970-01-01", "1969-12-31", "0099-01-01", "9999-12-31", ""), ("2000-01-01",)),
    "seen": Kind(
        "timestamp(%Y-%m-%dT%H:%M:%S%.6f)",
        ("2024-01-01T00:00:05.123456", "2024-01-01T00:00:05.123457", "1969-12-31T23:59:59.999999", "2024-01-01T00:00:05.000000", ""),
        ("2024-01-01T00:00:05.123400",),
    ),
    "at": Kind(
        "timestamp(%Y-%m-%dT%H:%M:%S%z)",
        ("2024-01-01T00:00:05Z", "2024-01-01T02:00:05+02:00", "2023-12-31T19:00:04-05:00", "2024-06-01T12:00:00+0530", ""),
        ("2024-01-01T00:00:06Z",),
    ),
    "born": Kind(
        "date(%d/%m/%y)",
        ("01/01/70", "31/12/99", "01/01/00", "31/12/68", "29/02/24", ""),
        ("1999-12-31", "2000-01-01"),
        {"01/01/70": "1970-01-01", "31/12/99": "1999-12-31", "01/01/00": "2000-01-01", "31/12/68": "2068-12-31", "29/02/24": "2024-02-29"},
    ),
    "preis": Kind(
        "decimal(1.234,56)",
        ("1.234,50", "0,75", "-1.000.000,00", "7", "", "12,5"),
        ("1234.5", "0.75", "7", "-1000000"),
        {"1.234,50": "1234.50", "0,75": "0.75", "-1.000.000,00": "-1000000.00", "12,5": "12.5"},
    ),
    "story": Kind("text", ()),
}
SENTENCES: Final = (
    *("The teapots were running down the hill and nobody had seen them", "She has been walking to the market with her younger brothers"),
    *("It was a bright cold day and the clocks were striking", "He runs the bakery which his families have owned for many years"),
)
WIDE_COLUMNS: Final = tuple(f"w{number}" for number in range(200))
LATER: Final = "later"  # a column that no first file has
KEYS: Final = ("1", "2", "3", "4", "5", "6", "7", "8", "x", "X")
AS_IT_IS: Final = {"delimiter": ",", "quote": '"', "escape": "", "header": "true", "skip": "0", "encoding": "utf-8"}
UNGUARDED: Final = {"max_rejects": "100%", "empty": "true", "shrink": "allow"}
RECORDS_MAX: Final = 30
WIDE_SHARE: Final = 0.1
PROSE_RECORDS: Final = 1_000


def draw_columns(random: Random) -> tuple[str, ...]:
    others = random.sample(list(COLUMNS), random.randint(2, 6))
    columns = ("id", *(others if "name" in others or random.random() < 0.2 else ["name", *others]))
    return (*columns, *WIDE_COLUMNS) if random.random() < WIDE_SHARE else columns


def declared(columns: Sequence[str]) -> str:
    return ",".join(f"{name}:{COLUMNS[name].declared if name in COLUMNS else 'text'}" for name in columns)


def draw_file(random: Random, columns: Sequence[str], with_later: bool) -> File:
    names = (*columns, LATER) if with_later else tuple(columns)
    count = random.randint(1, random.choice((1, 3, 10, RECORDS_MAX)))
    return File(names, tuple(tuple(_cell(random, name) for name in names) for _ in range(count)))


def draw_first_file(random: Random, columns: Sequence[str]) -> File:
    """Now and then one that is large enough for its sentences to be prose, which has no index of whole values."""
    if "story" not in columns or len(columns) > len(WIDE_COLUMNS) or random.random() < 0.6:
        return draw_file(random, columns, with_later=False)
    records = (tuple("" if name == "note" else _cell(random, name) for name in columns) for _ in range(PROSE_RECORDS))
    return File(tuple(columns), tuple(records))


def _cell(random: Random, column: str) -> str:
    if column == "id":
        return random.choice(KEYS)
    if column in WIDE_COLUMNS and random.random() < 0.95:
        return ""
    if column == "story":
        return f"{random.choice(SENTENCES)} {random.randrange(10**6)} {random.choice(WORDS)} {random.choice(SENTENCES)}."
    kind = COLUMNS.get(column)
    if kind is not None and kind.cells and (column != "note" or random.random() < 0.6):
        return random.choice(kind.cells)
    if random.random() < 0.1:
        return ""
    separator = random.choice((" ", " ", ", ", "-", "\n"))
    return separator.join(random.choice(WORDS) for _ in range(random.choice((1, 1, 2, 3, 8))))


class Asked(Struct, frozen=True, kw_only=True):
    """A request as it stands in the URL, but for what only one of the routes takes."""

    q: str = ""
    filters: tuple[str, ...] = ()
    sort: str = ""


def draw_request(random: Random, columns: Mapping[str, str]) -> Asked:
    """`columns`: names, each with its type now."""
    return Asked(
        q=_query(random, columns) if random.random() < 0.6 else "",
        filters=tuple(draw_condition(random, columns) for _ in range(random.choice((0, 0, 1, 1, 2)))),
        sort=_sort(random, columns) if random.random() < 0.5 else "",
    )


def _query(random: Random, columns: Mapping[str, str], depth: int = 0) -> str:
    parts = [_term(random, columns, depth) for _ in range(random.choice((1, 1, 1, 2, 2, 3)))]
    query = parts[0]
    for part in parts[1:]:
        query += random.choice((" ", " ", " OR ", " AND ")) + part
    return query


def _term(random: Random, columns: Mapping[str, str], depth: int) -> str:
    word = random.choice((*WORDS, *TYPED, *NOTES[3:14])).strip() or "x"
    word = "".join(letter for letter in word.split()[0] if letter not in '"()') or "x"
    chance = random.random()
    if chance < 0.1 and depth < 2:
        return f"({_query(random, columns, depth + 1)})"
    if chance < 0.2:
        return f"{random.choice(('-', 'NOT '))}{word.lstrip('-') or 'x'}"
    if chance < 0.35:
        phrase = " ".join(random.choice(WORDS) for _ in range(random.choice((1, 2, 2, 3))))
        return f'"{phrase}"'
    if chance < 0.5:
        start = word[: random.randint(1, len(word))]
        return f"{start}*"
    if chance < 0.6:
        return f"{random.choice(list(columns))}:{word}"
    return word


def draw_condition(random: Random, columns: Mapping[str, str], depth: int = 0) -> str:
    if depth < 2 and random.random() < 0.25:
        word = random.choice(("or", "and", "not"))
        insides = [draw_condition(random, columns, depth + 1) for _ in range(1 if word == "not" else random.choice((2, 2, 3)))]
        joined = f"{'' if word == 'not' else word}".join(f"({inside})" for inside in insides)
        return f"not{joined}" if word == "not" else joined
    column = random.choice(list(columns))
    return _filter(random, column, columns[column])


def _filter(random: Random, column: str, type: str) -> str:
    kind = COLUMNS.get(column)
    cells = (
        KEYS if column == "id" else WORDS if kind is None else kind.asked if kind.shown and type != "text" else (*kind.cells, *kind.asked)
    )
    values = [value for value in cells if value]
    values = values or list(WORDS)
    if random.random() < 0.15:
        return f"{column}:exists:{random.choice(('true', 'false'))}"
    ops = ["eq", "ne", "in"]
    if type != "boolean":
        ops += ["lt", "lte", "gt", "gte"]
    if type == "text":
        ops += ["prefix", "contains", "ilike", "regex"] * 2
    op = random.choice(ops)
    if op == "in":
        chosen = random.sample(values, min(len(values), random.randint(1, 3)))
        return f"{column}:in:" + ",".join('"' + value.replace('"', '""') + '"' for value in chosen)
    value = random.choice(values)
    if op in ("prefix", "contains"):
        start = random.randrange(len(value)) if op == "contains" else 0
        value = value[start : start + random.randint(1, 6)]
    elif op == "ilike":
        value = random.choice(("%", "_%", "%e%", "a%", "%pot%", "_", "ä%", "100\\%", "%\\_%", "%ß%", value[:3].replace("\\", "") + "%"))
    elif op == "regex":
        value = random.choice(("^a", "[a-c]+[0-9]", "t.?pot", "^.$", "é", "\\d{2}", "\\w\\s\\w", "^x|b2$", "ß", "[^a-z]$", "pot|red"))
    return f"{column}:{op}:{value}"


def _sort(random: Random, columns: Mapping[str, str]) -> str:
    chosen = random.sample(list(columns), random.choice((1, 1, 2)) if len(columns) > 1 else 1)
    binary = [":binary" if columns[name] == "text" and random.random() < 0.3 else "" for name in chosen]
    return ",".join(f"{random.choice(('', '-'))}{name}{mark}" for name, mark in zip(chosen, binary, strict=True))
