"""Which cases run. `make test` runs each test that is not long, but of a test with many cases two, and flows, faults and attacks in one home: the distributed
one where its servers are, for the contracts hold both homes to the same. `make test-rest` runs the cases that are left out; `make test-all` runs all.

A test that is named (a file, a folder, -k) runs with all its cases.
"""

import zlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Final, Protocol, TypeVar

CASES: Final = "ROWMILL_TEST_CASES"  # some, rest or all; without it some, unless tests are named
DRAW: Final = "ROWMILL_TEST_DRAW"  # "3:seed": of the rest the long tests, and a third of all else, which the seed draws
KEPT: Final = 2  # cases of a test and home
IN_ONE_HOME: Final = ("tests/flows/", "tests/faults/", "tests/attacks/")


class Case(Protocol):
    @property
    def nodeid(self) -> str: ...

    def get_closest_marker(self, name: str) -> object | None: ...


C = TypeVar("C", bound=Case)


def selected(cases: Sequence[C], which: str, draw: str = "", *, has_servers: bool) -> list[C]:
    """`which`: some or rest."""
    some = {id(case) for case in _some(cases, has_servers)}
    if which == "rest":
        return [case for case in cases if (_is_long(case) if id(case) in some else _is_drawn(case.nodeid, draw))]
    return [case for case in cases if id(case) in some and not _is_long(case)]


def _is_long(case: Case) -> bool:
    return case.get_closest_marker("long") is not None


def _some(cases: Sequence[C], has_servers: bool) -> list[C]:
    by_test = defaultdict[tuple[str, str], list[C]](list)
    for case in cases:
        by_test[case.nodeid.partition("[")[0], _home(case.nodeid)].append(case)
    return [
        case
        for (test, home), its in by_test.items()
        if not (has_servers and home == "embedded" and test.startswith(IN_ONE_HOME) and (test, "distributed") in by_test)
        for case in its[:: max(1, -(-len(its) // KEPT))]
    ]


def _home(nodeid: str) -> str:
    parameters = nodeid.partition("[")[2]
    return next((home for home in ("embedded", "distributed") if home in parameters), "")


def _is_drawn(nodeid: str, draw: str) -> bool:
    parts, _, seed = draw.partition(":")
    return not parts or zlib.crc32(f"{seed} {nodeid}".encode()) % int(parts) == 0
