"""The exponent that `bench.growth` fits is that of the costs."""

import math

import pytest

from bench.growth import fit


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0, 1.3])
def test_the_exponent_is_found_again(exponent: float) -> None:
    costs = {n: 0.003 * n**exponent for n in (50_000, 500_000, 5_000_000)}
    assert fit(costs) == pytest.approx(exponent)


def test_of_one_size_it_is_not_known() -> None:
    assert math.isnan(fit({50_000: 1.0}))
    assert math.isnan(fit({}))
