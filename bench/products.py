"""Writes the file that the figures are measured with: `python -m bench.products 500000 products.csv`.

500,000 rows of name, sku, description make about 76 MB; one record in three has a quoted line break. The same seed gives the same file.
"""

import random
import sys
from pathlib import Path
from typing import Final

SEED: Final = 20261122
SYLLABLES: Final = ("va", "ba", "cu", "tu", "ko", "li", "me", "no", "ra", "si", "do", "pe", "zu", "fi", "ga")
SENTENCES_PER_POOL: Final = 4_000


def write_products(path: Path, rows: int, mark: str = "") -> None:
    """With a `mark` behind each name: the same keys, every row another."""
    chance = random.Random(SEED)
    names = ["".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))).capitalize() for _ in range(500)]
    words = ["".join(chance.choices(SYLLABLES, k=chance.randint(1, 4))) for _ in range(5_000)]
    sentences = [" ".join(chance.choices(words, k=chance.randint(8, 13))).capitalize() for _ in range(SENTENCES_PER_POOL)]
    with path.open("w", encoding="utf-8", newline="") as out:
        out.write("name,sku,description\n")
        for number in range(rows):
            out.write(_record(chance, names, sentences, number, mark))


def _record(chance: random.Random, names: list[str], sentences: list[str], number: int, mark: str) -> str:
    name = chance.choice(names) + mark
    sku = f"{chance.choice(SYLLABLES)}{chance.choice(SYLLABLES)}-{number}"
    first, second = chance.choice(sentences), chance.choice(sentences)
    if number % 3 == 0:
        return f'{name},{sku},"{first}.\n{second}, ""{chance.randint(1, 999)}""."\n'
    if number % 3 == 1:
        return f'{name},{sku},"{first}, {second}."\n'
    return f"{name},{sku},{first}. {second}.\n"


if __name__ == "__main__":
    write_products(Path(sys.argv[2]), int(sys.argv[1]))
