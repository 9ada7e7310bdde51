"""Looks for files that scan and parse read otherwise than `csv`: `python -m tests.fuzz_scan SECONDS [SEED]`.

Each round makes a file out of a seed, alone or as a mutation of a nasty one, and reads it in pieces of random sizes. The seed of a
round that fails is printed; it goes into tests/unit/scan/test_seeds.py, so that it is never forgotten.
"""

import sys
import time
import traceback
from random import Random

from backbone.csvread import cells
from backbone.errors import Rejected
from backbone.model import WIDE_COLUMNS, Dialect
from services.upload.scan.scanner import ScanOptions
from tests.nasty.corpus import NASTY
from tests.unit.reference import check_against_reference, read_reference

SPECIALS = [
    '"',
    '"',
    '""',
    ",",
    ",",
    "\n",
    "\n",
    "\r\n",
    "\r",
    " ",
    "\\",
    "'",
    ";",
    "\0",
    "\ufeff",
    "x^",
    "\t",
    '",',
    ',"',
    '"\n',
    '\n"',
    "a\0",
]
WORDS = [
    "a",
    "B",
    "é",
    "😀",
    "12",
    "-3.50",
    "007",
    "true",
    "2026-11-22",
    "2026-11-22T08:00:00Z",
    "word word",
    "x" * 50,
    "",
    "9" * 20,
    "-0",
    "NULL",
]


def make_text(random: Random) -> str:
    kind = random.randrange(4)
    if kind == 0:
        return "".join(random.choice(SPECIALS + WORDS) for _ in range(random.choice([5, 30, 200, 3000])))
    if kind == 1:
        return mutate(random, random.choice([*NASTY.values()]).text)
    return make_table(random, mess=0.0 if kind == 2 else random.choice([0.001, 0.01, 0.2]))


def make_table(random: Random, mess: float) -> str:
    """Mostly clean, with mess strewn in: the meeting places of the fast and the exact way."""
    width = random.choice([1, 2, 3, 8])
    line_end = random.choice(["\n", "\n", "\r\n", "\r"])
    quote_share = random.choice([0.0, 0.1, 1.0])

    def field() -> str:
        text = "".join(random.choice(WORDS) for _ in range(random.randrange(3)))
        if random.random() < 0.1:
            text += random.choice(["\n", "\r\n", ",", '"', "\r"]) + random.choice(WORDS)
        if random.random() < quote_share or set(text) & set(',"\r\n'):
            text = '"' + text.replace('"', '""') + '"'
        return text + (random.choice(SPECIALS) if random.random() < mess else "")

    def record() -> str:
        fields = width + (random.choice([-1, 1, 3]) if random.random() < mess else 0)
        return ",".join(field() for _ in range(max(1, fields)))

    return line_end.join(record() for _ in range(random.choice([3, 50, 1500]))) + random.choice(["", line_end])


def mutate(random: Random, text: str) -> str:
    for _ in range(random.choice([1, 3, 20])):
        place = random.randrange(len(text) + 1)
        text = text[:place] + random.choice(["", *SPECIALS]) + text[place + random.randrange(3) :]
    return text


def check_seed(seed: int) -> None:
    """Raises whatever is wrong."""
    random = Random(seed)
    dialect = Dialect(
        delimiter=random.choice([",", ",", ";"]),
        quote=random.choice(['"', '"', '"', "'", ""]),
        escape=random.choice([None, None, "\\"]),
        ragged=random.choice(["fill", "fill", "reject"]),
        null=random.choice(["", "", "NULL"]),
    )
    text = dialect.delimiter.join(["p", "q", "r"][: random.randrange(1, 4)]) + "\n" + make_text(random)
    small = len(text) < 3000
    size = random.choice([1, 3, 17, 400, 5000, 1 << 20] if small else [400, 5000, 1 << 20])
    options = ScanOptions(
        chunk_bytes=random.choice([1, 7, 100, 1 << 20] if small else [100, 10_000, 1 << 20]),
        piece_bytes=size,
        sample_bytes=size,
        delimiter=dialect.delimiter,
        quote=dialect.quote,
        escape=dialect.escape or "",
        header=True,
        skip=0,
        ragged=dialect.ragged,
        null=dialect.null,
    )
    if not read_reference(text, dialect).records:
        return
    try:
        check_against_reference(text.encode(), text, options, random.choice([1, 10, 1000] if small else [1000, 1 << 20]))
    except Rejected as refused:
        if refused.code != "binary-file":
            raise


def main(seconds: float, seed: int) -> int:
    first, found, ends_at = seed, 0, time.monotonic() + seconds
    while time.monotonic() < ends_at:
        vars(cells)["WIDE_COLUMNS"] = 0 if seed % 2 else WIDE_COLUMNS  # every other file is read as the wide ones are
        try:
            check_seed(seed)
        except Exception:
            found += 1
            sys.stdout.write(f"\nseed {seed}\n{traceback.format_exc(limit=-3)[-1500:]}\n")
        seed += 1
    sys.stdout.write(f"{seed - first} files from seed {first} on, {found} read wrongly\n")
    return min(found, 1)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else time.time_ns() % (1 << 32)))
