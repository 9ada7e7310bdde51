"""The table at the end of a run: each attack, how it ended and how long it took; of those on a running Rowmill its requests, what was
answered, the most memory that the process ever had, and the worst wait for `/health/live` meanwhile."""

from collections import Counter
from dataclasses import asdict
from typing import Any

import pytest

from tests.attacks.watch import COSTS, Cost

RESULTS: list[tuple[str, str, float]] = []
OUTPUT = "attack_costs"


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    is_attack = report.nodeid.startswith("tests/attacks/")
    if is_attack and (report.when == "call" or report.failed):
        RESULTS.append((report.nodeid.partition("::")[2].removeprefix("test_").replace("_", " "), report.outcome, report.duration))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A process that runs a part of the tests tells the one that shows the table."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[OUTPUT] = [{**asdict(cost), "answers": dict(cost.answers)} for cost in COSTS]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    for values in getattr(node, "workeroutput", {}).get(OUTPUT, []):
        COSTS.append(Cost(**{**values, "answers": Counter(values["answers"])}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if COSTS:
        terminalreporter.write_line("| attack | requests | answers | peak memory | worst /health/live |")
        terminalreporter.write_line("| --- | --- | --- | --- | --- |")
    for cost in COSTS:
        answers = ", ".join(f"{count} × {status}" for status, count in sorted(cost.answers.items()))
        cells = (cost.attack, cost.requests, answers, f"{cost.peak_mib:.0f} MiB", f"{cost.worst_live_s * 1000:.0f} ms")
        terminalreporter.write_line(f"| {' | '.join(map(str, cells))} |")
    if not RESULTS or len(RESULTS) < terminalreporter._numcollected:  # a run of other tests as well has a summary of its own
        return
    terminalreporter.write_line("| attack, without a process of its own among them | held | seconds |")
    terminalreporter.write_line("| --- | --- | --- |")
    for attack, outcome, seconds in RESULTS:
        terminalreporter.write_line(f"| {attack} | {'yes' if outcome == 'passed' else outcome} | {seconds:.2f} |")
