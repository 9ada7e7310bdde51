"""The table at the end of a run, and a running Rowmill for the cases that break nothing of it."""

from collections.abc import Iterator

import pytest

from tests.faults.seeded import RESULTS, SEED
from tests.flows.conftest import database_on, distributed_rowmill, embedded_rowmill, rowmill, stack_database

__all__ = ["database_on", "distributed_rowmill", "embedded_rowmill", "rowmill", "stack_database"]  # fixtures


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
