"""The files that ingest is measured with: the clean one, one in which everything is quoted, and a messy one."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.products import write_products

STRAY_EVERY: Final = 50  # records; in the messy file one in so many has a stray quote, and as many are too short


@dataclass(frozen=True)
class Kind:
    write: Callable[[Path, int], None]
    columns: str  # of the rival's table: what the scan finds


def write_quoted(path: Path, rows: int) -> None:
    """The same records, every field of them in quotes."""
    clean = path.with_suffix(".clean")
    write_products(clean, rows)
    with clean.open(newline="") as source, path.open("w", newline="") as target:
        csv.writer(target, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(csv.reader(source))
    clean.unlink()


def write_messy(path: Path, rows: int) -> None:
    """CRLF, stray quotes inside unquoted fields, short records, a blank line now and then."""
    clean = path.with_suffix(".clean")
    write_products(clean, rows)
    with clean.open(newline="") as source, path.open("w", newline="") as target:
        lines = csv.writer(target)
        for number, record in enumerate(csv.reader(source)):
            if number % STRAY_EVERY == 7:
                target.write(f'{record[0]},{record[1]},12" of {record[0]}\r\n')
            elif number % STRAY_EVERY == 31:
                target.write(f"{record[0]},{record[1]}\r\n\r\n")
            else:
                lines.writerow(record)
    clean.unlink()


TEXTS: Final = "name text, sku text, description text"
KINDS: Final = {"clean": Kind(write_products, TEXTS), "quoted": Kind(write_quoted, TEXTS), "messy": Kind(write_messy, TEXTS)}
