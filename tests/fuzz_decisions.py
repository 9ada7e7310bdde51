"""Right, or told? Draws files whose truth is known, most with a defect put in on purpose: `python -m tests.fuzz_decisions [SECONDS|COUNT] [SEED]`.

COUNT is a number of files (`10000`), SECONDS a time (`60s`). For each file either the rows are the truth's, or a reject, a refusal or a
finding of level warning names what is wrong. Every other file is well-formed: of those at most one in a hundred may get a warning. The
seed of a miss is printed with the smallest file that shows it.
"""

import sys
import time
from collections import Counter
from itertools import count
from typing import Final

from tests.drawn.judge import Judged, judge_seed

WARNED_SHARE_MAX: Final = 0.01
MISSES_SHOWN: Final = 20
SHRINK_ROWS: Final = (3, 4, 5, 8, 13)


def smallest(judged: Judged) -> Judged:
    """The same seed with the fewest rows that are still read wrong in silence."""
    for rows in SHRINK_ROWS:
        smaller = judge_seed(judged.seed, spoiled=bool(judged.defects), rows_max=rows)
        if smaller.verdict == "silent" and smaller.defects == judged.defects:
            return smaller
    return judged


def report(judged: Judged) -> str:
    return f"\nseed {judged.seed} [{', '.join(judged.defects) or 'well-formed'}]: {judged.why}\n{judged.data[:800]!r}\n"


def main(limit: str = "10000", first: str = "") -> int:
    seed = int(first) if first else time.time_ns() % (1 << 32)
    ends_at = time.monotonic() + (float(limit[:-1]) if limit.endswith("s") else float("inf"))
    files_max = float("inf") if limit.endswith("s") else int(limit)
    verdicts: Counter[str] = Counter()
    by_defect: Counter[tuple[str, ...]] = Counter()
    misses = warned = well_formed = 0
    for number in count():
        if number >= files_max or time.monotonic() > ends_at:
            break
        judged = judge_seed(seed + number, spoiled=bool(number % 2))
        verdicts[judged.verdict] += 1
        if not judged.defects:
            well_formed += 1
            warned += judged.warned
        if judged.verdict == "silent":
            misses += 1
            by_defect[judged.defects] += 1
            if misses <= MISSES_SHOWN:
                sys.stdout.write(report(smallest(judged)))
    sys.stdout.write(f"\n{verdicts.total()} files from seed {seed} on: {dict(verdicts)}; misses: {dict(by_defect.most_common(12))}\n")
    sys.stdout.write(f"{warned} of {well_formed} well-formed files got a warning\n")
    return int(misses > 0 or warned > WARNED_SHARE_MAX * well_formed)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
