"""Writes samples/books.csv: what a bookshop's export looks like, quoted line breaks, seven languages and a few broken records included.

`python samples/make_books.py` writes the same file every time.
"""

import csv
import io
import random
from datetime import date, timedelta
from pathlib import Path
from typing import Final

ROWS: Final = 12_000
BROKEN: Final = (1_203, 4_567, 7_890, 10_111, 11_999)
FIRST: Final = (
    "Ana",
    "Jürgen",
    "Zoë",
    "Łukasz",
    "Søren",
    "Chloé",
    "İpek",
    "Márta",
    "Iñigo",
    "Дарія",
    "Νίκος",
    "美咲",
    "Tomáš",
    "Amélie",
    "Grace",
    "Omar",
)
LAST: Final = (
    "García",
    "Müller",
    "O'Neill",
    "Wójcik",
    "Ångström",
    "Lefèvre",
    "Yılmaz",
    "Kovács",
    "Etxeberria",
    "Шевченко",
    "Παπαδάκης",
    "佐藤",
    "Dvořák",
)
TOPIC: Final = (
    "gardens",
    "tides",
    "railways",
    "bees",
    "mountains",
    "bread",
    "clocks",
    "maps",
    "winter",
    "rivers",
    "bridges",
    "lighthouses",
)
FORM: Final = (
    "A history of {}",
    "The secret life of {}",
    "{}: an introduction",
    "Über {}",
    "L'été des {}",
    "Cien años de {}",
    "Příběhy o {}",
    "{} in the dark",
)
PRAISE: Final = (
    "A quiet masterpiece, and a patient one.",
    "I laughed out loud on the train.",
    'She calls it "the long way home", and means it.',
    "Too long by half; the maps are lovely.",
    "¡Magnífico! Volví a leerlo enseguida.",
    "Ein Buch wie ein Winterspaziergang.",
    "Naïve in places, but what a voice.",
    "読みやすくて、とても面白い。",
    "Bought it for the café scenes; stayed for the bees.",
)
PLACE: Final = ("shelf", "window", "cellar", "on order")


def _book(chance: random.Random, number: int) -> list[object]:
    title = chance.choice(FORM).format(chance.choice(TOPIC)).strip()
    review = chance.choice(PRAISE)
    if number % 4 == 0:
        review += "\n" + chance.choice(PRAISE)
    published = date(1950, 1, 1) + timedelta(days=chance.randrange(27_000))
    price = f"{chance.randrange(399, 6_999) / 100:.2f}"
    pages = chance.randrange(60, 1_200) if number % 17 else ""
    isbn = f"978{chance.randrange(10**10):010d}"
    author = f"{chance.choice(FIRST)} {chance.choice(LAST)}"
    in_stock = "true" if chance.random() < 0.7 else "false"
    return [isbn, title[0].upper() + title[1:], author, published.isoformat(), price, pages, in_stock, chance.choice(PLACE), review]


def _broken(record: list[object]) -> str:
    """What a shop's clerk does: a comma in the price, never quoted."""
    return ",".join(str(cell).replace("\n", " ").replace('"', "") for cell in [*record[:4], f"1,{record[4]}", *record[5:]])


def write_books(path: Path) -> None:
    chance = random.Random(1605)
    with path.open("w", encoding="utf-8", newline="") as out:
        out.write("ISBN,Title,Author,Published,Price (EUR),Pages,In stock,Place,Review\r\n")
        for number in range(1, ROWS + 1):
            record = _book(chance, number)
            line = io.StringIO()
            csv.writer(line).writerow(record)
            out.write(_broken(record) + "\r\n" if number in BROKEN else line.getvalue())


if __name__ == "__main__":
    write_books(Path(__file__).parent / "books.csv")
