"""The table at the end of a run, a limit of time for every case, and a running Rowmill for the cases that break nothing of it."""

import signal
from collections.abc import Generator, Iterator
from dataclasses import asdict
from typing import Any

import pytest

from tests.faults.homes import own_home
from tests.faults.seeded import RESULTS, SEED, Result

__all__ = ["own_home"]  # a fixture

CASE_MAX_S, SLOW_CASE_MAX_S, LEAVING_MAX_S = 240.0, 600.0, 120.0


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """No case hangs for ever: neither at its start, nor in the middle, nor when it leaves. (What is raised is no Exception, so nobody on the way
    takes it for an error of its own.)"""

    def too_long(number: int, frame: object) -> None:
        pytest.fail(f"{item.name} took more than {limit_s:.0f} s")

    limit_s = SLOW_CASE_MAX_S if item.get_closest_marker("slow") else CASE_MAX_S
    before = signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, limit_s, LEAVING_MAX_S)
    try:
        return (yield)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A process that runs a part of the tests tells the one that shows the summary."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["fault_results"] = [asdict(result) for result in RESULTS]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    RESULTS.extend(Result(**values) for values in getattr(node, "workeroutput", {}).get("fault_results", []))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not RESULTS:
        return
    terminalreporter.write_line(f"faults, ROWMILL_FAULT_SEED={SEED}")
    terminalreporter.write_line("| case | times | uploads | rows | lost | doubled | time to recover |")
    terminalreporter.write_line("| --- | --- | --- | --- | --- | --- | --- |")
    for each in RESULTS:
        cells = (each.case, each.times, each.uploads, f"{each.rows:,}", each.lost, each.doubled, f"{each.recover_s:.1f} s")
        terminalreporter.write_line(f"| {' | '.join(map(str, cells))} |")


@pytest.fixture(params=[pytest.param("embedded"), pytest.param("distributed", marks=[pytest.mark.stack, pytest.mark.slow])])
def unharmed(request: pytest.FixtureRequest) -> Iterator[object]:
    """A Rowmill shared by the cases that leave its processes alone."""
    yield request.getfixturevalue(f"{request.param}_rowmill")
