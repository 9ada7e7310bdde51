"""Whatever comes in is read or refused: `python -m tests.fuzz_inputs [MINUTES] [SEED] [PARSER…]` draws for each parser for so many minutes.

Ten minutes each, without a name all of them. The seed of each batch that fails is printed with the smallest example that shows the fault;
the same seed draws the same again.
"""

import sys
import time
import traceback
from typing import Final

from tests.attacks.parsers import PARSERS, fuzz

MINUTES: Final = 10.0
BATCH: Final = 500
FAULTS_SHOWN: Final = 3


def run(name: str, seconds: float, start: int) -> bool:
    """Whether it held."""
    ends_at = time.monotonic() + seconds
    batches = faults = 0
    while time.monotonic() < ends_at and faults < FAULTS_SHOWN:
        try:
            fuzz(name, BATCH, start + batches)
        except BaseException:
            faults += 1
            sys.stdout.write(f"\n{name}, seed {start + batches}:\n{traceback.format_exc()[-3000:]}\n")
        batches += 1
    sys.stdout.write(f"{name}: {batches * BATCH} examples in {seconds:.0f} s, seeds {start} to {start + batches - 1}, {faults} faults\n")
    sys.stdout.flush()
    return not faults


def main(minutes: str = str(MINUTES), seed: str = "", *names: str) -> int:
    start = int(seed) if seed else time.time_ns() % (1 << 32)
    held = [run(name, float(minutes) * 60, start) for name in names or PARSERS]  # all of them, whatever the first ones did
    return int(not all(held))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
