"""The table at the end of a run: each attack, how it ended, how long it took, and the most memory that this process ever had."""

import resource

import pytest

RESULTS: list[tuple[str, str, float]] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    is_attack = report.nodeid.startswith("tests/attacks/")
    if is_attack and (report.when == "call" or report.failed):
        RESULTS.append((report.nodeid.partition("::")[2].removeprefix("test_").replace("_", " "), report.outcome, report.duration))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not RESULTS or len(RESULTS) < terminalreporter._numcollected:  # a run of other tests as well has a summary of its own
        return
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    terminalreporter.write_line(f"| attack | held | seconds |   (peak memory {peak_mib:.0f} MiB)")
    terminalreporter.write_line("| --- | --- | --- |")
    for attack, outcome, seconds in RESULTS:
        terminalreporter.write_line(f"| {attack} | {'yes' if outcome == 'passed' else outcome} | {seconds:.2f} |")
