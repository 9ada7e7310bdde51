"""`python -m tests.differential [minutes] [--seed N] [--home embedded]`: story after story, in both homes where the real servers are there.

Prints the seed of each story; with `--seed` that one is told again. Ends with 1 at the first difference.
"""

import argparse
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.databases import database
from tests.differential.story import Story
from tests.flows.pods import Rowmill, distributed, embedded
from tests.stack import find_stack

STEPS, REQUESTS = 10, 60
MORE = {"ROWMILL_VERSIONS_KEPT": "1000"}


@contextmanager
def open_homes(home: str) -> Iterator[list[Rowmill]]:
    with find_stack() as stack, embedded(**MORE) as one:
        if home == "embedded" or stack is None:
            yield [one]
            return
        with database(stack.postgres) as url, distributed(stack, url, **MORE) as other:
            yield [other] if home == "distributed" else [one, other]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.differential")
    parser.add_argument("minutes", nargs="?", type=float, default=10.0)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--home", choices=("embedded", "distributed", "both"), default="both")
    arguments = parser.parse_args()
    deadline = time.monotonic() + 60 * arguments.minutes
    stories = requests = 0
    with open_homes(arguments.home) as homes:
        say(f"homes: {', '.join(home.home for home in homes)}; {arguments.minutes:g} minutes")
        while stories == 0 or (time.monotonic() < deadline and arguments.seed is None):
            seed = secrets.randbelow(10**9) if arguments.seed is None else arguments.seed
            for home in homes:
                story = Story(home, seed)
                say(f"seed {seed}, {home.home}")
                try:
                    story.tell(STEPS, REQUESTS)
                except AssertionError as difference:
                    say(f"a difference; repeat it: python -m tests.differential --seed {seed} --home {home.home}\n{difference}")
                    return 1
                requests += story.requests
            stories += 1
    say(f"no difference: {stories} stories in each home, {requests} requests by each of the routes")
    return 0


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
