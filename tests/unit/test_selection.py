"""Every case is in `make test` or in `make test-rest`, and every test that is not long is in the first."""

from dataclasses import dataclass

import pytest

from tests.selection import KEPT, selected


@dataclass(frozen=True)
class Case:
    nodeid: str

    def get_closest_marker(self, name: str) -> object | None:
        return name if f"_{name}" in self.nodeid else None


CASES = [
    Case(f"{file}::{test}{parameters}")
    for file in ("tests/unit/test_a.py", "tests/contracts/test_b.py", "tests/flows/test_c.py", "tests/attacks/test_d.py")
    for test, parameters in (
        ("test_plain", ""),
        *(("test_many", f"[{number}]") for number in range(9)),
        *(("test_homes", f"[{home}]") for home in ("embedded", "distributed")),
        *(("test_both", f"[{home}-{number}]") for home in ("embedded", "distributed") for number in range(5)),
        ("test_one_home", "[embedded]"),
        *(("test_long", f"[{number}]") for number in range(9)),
    )
]


@pytest.mark.parametrize("has_servers", [True, False])
def test_each_case_is_in_one_of_both(has_servers: bool) -> None:
    some, rest = (selected(CASES, which, has_servers=has_servers) for which in ("some", "rest"))
    assert {*some} | {*rest} == {*CASES} and not {*some} & {*rest}
    tests = {case.nodeid.partition("[")[0] for case in CASES if "long" not in case.nodeid}
    assert {case.nodeid.partition("[")[0] for case in some} == tests
    assert all(sum(case.nodeid.startswith(f"{test}[") for case in some) <= 2 * KEPT for test in tests)


def test_flows_go_through_the_distributed_home_where_its_servers_are() -> None:
    flows = [case.nodeid for case in selected(CASES, "some", has_servers=True) if "flows" in case.nodeid and "embedded" in case.nodeid]
    assert flows == ["tests/flows/test_c.py::test_one_home[embedded]"]
    without = [case.nodeid for case in selected(CASES, "some", has_servers=False) if "flows" in case.nodeid]
    assert "tests/flows/test_c.py::test_homes[embedded]" in without
    contracts = [case.nodeid for case in selected(CASES, "some", has_servers=True) if "contracts" in case.nodeid]
    assert "tests/contracts/test_b.py::test_homes[embedded]" in contracts


def drawn_of(seed: int) -> list[Case]:
    return selected(CASES, "rest", f"3:{seed}", has_servers=True)


def test_long_ones_are_drawn_each_time() -> None:
    """Of one with many cases those two which `make test` would run."""
    for file in {case.nodeid.partition("::")[0] for case in CASES}:
        assert all({Case(f"{file}::test_long[0]"), Case(f"{file}::test_long[5]")} <= {*drawn_of(seed)} for seed in range(40))


def test_draws_part_the_rest() -> None:
    rest = selected([case for case in CASES if "long" not in case.nodeid], "rest", has_servers=True)
    drawn = [[case for case in drawn_of(seed) if case in rest] for seed in range(40)]
    assert all(0 < len(one) < len(rest) for one in drawn)
    assert {case for one in drawn for case in one} == {*rest}
