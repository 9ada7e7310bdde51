"""Kinds of columns as real files have them: their titles, how their values are made, and the types that would falsify them."""

import string
from collections.abc import Callable
from random import Random
from typing import Final

from msgspec import Struct

LATIN: Final = ("Zoë", "Müller", "García", "Ångström", "Fräulein", "Noël", "señor", "crème")
CYRILLIC: Final = ("Москва", "Казань", "Омск", "Пётр", "Анна", "улица")
PLAIN: Final = ("pen", "cup", "bag", "lamp", "chair", "desk", "Anna", "Berlin", "North", "red", "open", "Smith", "Hall", "express", "small")


class Kind(Struct, frozen=True):
    """`value`: of a record's number. `false_types`: those that would lose or change something."""

    titles: tuple[str, ...]
    value: Callable[[Random, int], str]
    false_types: frozenset[str] = frozenset()
    is_text: bool = False
    is_suggested: bool = False  # a column of such values is typed, or an option is proposed that types it


NUMERIC: Final = frozenset({"integer", "decimal"})


def _words(random: Random, words: tuple[str, ...] = PLAIN) -> str:
    return " ".join(random.choice(words) for _ in range(random.randrange(1, 4)))


def _sentence(random: Random, _: int) -> str:
    return f"{_words(random).capitalize()}{random.choice([', ', '; ', ' - ', ': '])}{_words(random)}{random.choice(['', '.', '!', '?'])}"


def _grouped(random: Random, _: int) -> str:
    return f"{random.randrange(1, 400)}.{random.randrange(1000):03}"


def _date(random: Random, pattern: str) -> str:
    return pattern.format(d=random.randrange(1, 29), m=random.randrange(1, 13), y=random.randrange(1990, 2027))


def _instant(random: Random, _: int) -> str:
    """As Python writes them: without a fraction where it is zero."""
    return _date(random, "{y}-{m:02}-{d:02}") + f"T{random.randrange(24):02}:00:09{random.choice(['', '.5', '.123456'])}"


def _one_of(first: str, *others: str) -> Callable[[Random, int], str]:
    """Each of them, so that a column of a few records has more than one."""
    choices = (first, *others)
    return lambda random, number: choices[number - 1] if number <= len(choices) else random.choice(choices)


def _now_and_then(rare: str, usual: Callable[[Random, int], str]) -> Callable[[Random, int], str]:
    return lambda random, number: rare if number == 2 or random.random() < 0.1 else usual(random, number)


KINDS: Final[dict[str, Kind]] = {
    "number": Kind(("id", "No", "Nr", "count", "Qty", "row"), lambda random, number: str(number)),
    "integer": Kind(("amount", "stock", "population", "Units"), lambda random, _: str(random.randrange(100_000))),
    "price": Kind(("price", "Total", "cost", "Value"), lambda random, _: f"{random.randrange(10_000) / 100:.2f}"),
    "comma price": Kind(
        ("Preis", "Betrag", "Summe"),
        lambda random, _: f"{random.randrange(10_000) / 100:.2f}".replace(".", ","),
        NUMERIC,
        is_suggested=True,
    ),
    "zip": Kind(("zip", "PLZ", "code", "postcode"), lambda random, _: f"{random.randrange(100_000):05}", NUMERIC),
    "iso date": Kind(("date", "created", "Day"), lambda random, _: _date(random, "{y}-{m:02}-{d:02}")),
    "dotted date": Kind(("Datum", "Buchungstag"), lambda random, _: _date(random, "{d:02}.{m:02}.{y}"), NUMERIC, is_suggested=True),
    "slashed date": Kind(("Date", "Posted"), lambda random, _: _date(random, "{d:02}/{m:02}/{y}"), NUMERIC, is_suggested=True),
    "time": Kind(
        ("time", "Start", "at"), lambda random, _: f"{random.randrange(24):02}:{random.randrange(60):02}:{random.randrange(60):02}"
    ),
    "word": Kind(("name", "item", "category", "Status", "type"), lambda random, _: random.choice(PLAIN), is_text=True),
    "words": Kind(("title", "customer", "street", "Supplier"), lambda random, _: _words(random), is_text=True),
    "sentence": Kind(("note", "comment", "description"), _sentence, is_text=True),
    "list": Kind(("tags", "colours", "keys"), lambda random, _: random.choice(";|").join(random.sample(PLAIN, 3)), is_text=True),
    "quoted": Kind(("model", "size"), lambda random, _: f'{random.choice(PLAIN)} {random.randrange(3, 40)}" wide', is_text=True),
    "apostrophe": Kind(("artist", "Place"), lambda random, _: f"{random.choice(PLAIN)}'s {random.choice(PLAIN)}", is_text=True),
    "lines": Kind(("address", "remark"), lambda random, _: f"{_words(random)}\n{_words(random)}", is_text=True),
    "code": Kind(
        ("sku", "ref", "Order"),
        lambda random, _: f"{''.join(random.choices(string.ascii_uppercase, k=2))}-{random.randrange(10_000):04}",
        is_text=True,
    ),
    "url": Kind(("url", "link"), lambda random, number: f"https://example.com/{random.choice(PLAIN)}?id={number}", is_text=True),
    "flag": Kind(("active", "paid"), lambda random, _: random.choice(["true", "false"])),
    "percent": Kind(("share", "rate"), lambda random, _: f"{random.randrange(1000) / 10:.1f}%", is_suggested=True),
    "sparse": Kind(("extra", "phone", "fax"), lambda random, _: random.choice(["", "", "", random.choice(PLAIN)]), is_text=True),
    "latin": Kind(("Ort", "Straße", "prénom"), lambda random, _: _words(random, LATIN), is_text=True),
    "cyrillic": Kind(("город", "имя"), lambda random, _: _words(random, CYRILLIC), is_text=True),
    "grouped": Kind(("Einwohner", "Umsatz"), _grouped, NUMERIC),
    "position": Kind(
        ("position", "coordinates"),
        lambda random, _: f"{random.randrange(900) / 10}{random.choice(';|')}{random.randrange(900) / 10}",
        is_text=True,
    ),
    "clock": Kind(("Time (hh:mm:ss)", "Duration (h:mm)"), lambda random, _: f"{random.randrange(24)}:{random.randrange(60):02}"),
    "zoned": Kind(("at", "modified"), lambda random, number: _instant(random, number) + random.choice(["Z", "+02:00"]), is_suggested=True),
    "instant": Kind(("moment", "seen"), _instant, is_suggested=True),
    "minute": Kind(("when",), lambda random, _: _date(random, "{y}-{m:02}-{d:02}") + f" {random.randrange(24):02}:05", is_suggested=True),
    "zero date": Kind(
        ("deleted", "shipped"), _now_and_then("0000-00-00", lambda random, _: _date(random, "{y}-{m:02}-{d:02}")), is_suggested=True
    ),
    "missing": Kind(("score", "points"), _now_and_then("N/A", lambda random, _: str(random.randrange(1, 1000))), is_suggested=True),
    "exponent": Kind(("mass", "charge"), _now_and_then("1.5e-07", lambda random, _: f"{random.randrange(1, 99) / 10}"), is_suggested=True),
    "currency": Kind(("fee", "budget"), lambda random, _: f"${random.randrange(1, 9)},{random.randrange(1000):03}.50", is_suggested=True),
    "negative": Kind(
        ("balance", "profit"), _now_and_then("(250.00)", lambda random, _: f"{random.randrange(9000) / 100:.2f}"), is_suggested=True
    ),
    "FLAG": Kind(("Valid", "Locked"), _one_of("TRUE", "FALSE"), is_text=True, is_suggested=True),
    "yes or no": Kind(("in stock", "member"), _one_of("yes", "no"), is_text=True, is_suggested=True),
}
