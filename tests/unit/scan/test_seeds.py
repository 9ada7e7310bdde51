"""Seeds for which the fuzzer (tests/fuzz_scan.py) once found a difference, and a few more to keep it honest."""

import pytest

from tests.fuzz_scan import check_seed

pytestmark = pytest.mark.usefixtures("reader")
# 73, 91, 112, 184: surplus fields that hold the null marker.
SEEDS = (73, 91, 112, 184, *range(20))


@pytest.mark.parametrize("seed", SEEDS)
def test_seed(seed: int) -> None:
    check_seed(seed)
