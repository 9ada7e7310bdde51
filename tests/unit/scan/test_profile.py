"""The profile: exact where it can be, near where it cannot, whatever the pieces."""

from collections.abc import Callable
from random import Random

import msgspec
import pytest

from backbone.csvread import cells
from services.upload.scan.profile import ColumnProfile
from services.upload.scan.scanner import ScanOptions
from tests.unit.reference import scan_bytes

pytestmark = pytest.mark.usefixtures("reader")


def counted(column: ColumnProfile) -> ColumnProfile:
    """Wide files are read as cells, and their values are not counted."""
    return msgspec.structs.replace(column, distinct=None, top=None) if cells.is_wide(1) else column


def profile(data: str, **options: object) -> dict[str, ColumnProfile]:
    found = scan_bytes(data.encode(), ScanOptions(delimiter=",", header=True, skip=0, **options)).profile  # type: ignore[arg-type]
    return {column.name: column for column in found}


@pytest.mark.parametrize("piece_bytes", [10, 1 << 20])
def test_small_file_is_exact(piece_bytes: int) -> None:
    data = "n,d,t,day,empty\n5,1.50,b,2026-01-02,\n-10,0.25,a,2025-01-02,\n5,10.00,ü€,,\n,99.99,b,2026-01-01,\n"
    found = profile(data, piece_bytes=piece_bytes, sample_bytes=piece_bytes)
    assert found["n"] == counted(
        ColumnProfile(name="n", type="integer", nulls=1, distinct=2, min="-10", max="5", mean=0.0, longest=3, top=(("5", 2), ("-10", 1)))
    )
    assert (found["d"].min, found["d"].max, found["d"].mean) == ("0.25", "99.99", 27.935)
    assert found["t"] == counted(
        ColumnProfile(name="t", type="text", nulls=0, distinct=3, min="a", max="ü€", longest=2, top=(("b", 2), ("a", 1), ("ü€", 1)))
    )
    assert (found["day"].type, found["day"].min, found["day"].max) == ("date", "2025-01-02", "2026-01-02")
    assert found["empty"] == counted(ColumnProfile(name="empty", type="text", nulls=4, distinct=0, top=()))


def test_a_column_that_turns_into_text_late_has_the_extremes_of_texts() -> None:
    found = profile("v\n9\n10\n100\nx\n", piece_bytes=2, sample_bytes=2)["v"]
    assert (found.type, found.min, found.max, found.mean) == ("text", "10", "x", None)


def test_a_column_that_turns_into_decimals_late_keeps_its_numbers() -> None:
    found = profile("v\n9\n-10\n100\n0.5\n", piece_bytes=2, sample_bytes=2)["v"]
    assert (found.type, found.min, found.max, found.mean) == ("decimal", "-10", "100", 24.875)


def test_extremes_of_numbers_have_all_their_digits() -> None:
    found = profile("v\n0.12345678901234567891\n0.12345678901234567890\n12345678901234567890123\n")["v"]
    assert found.max == "12345678901234567890123"


def test_many_values_are_estimated_well() -> None:
    random = Random(1)
    rows = [(random.randrange(10**9), "often" if random.random() < 0.3 else str(random.randrange(10**6))) for _ in range(60_000)]
    found = profile("id,v\n" + "".join(f"{number},{word}\n" for number, word in rows), piece_bytes=50_000)
    if cells.is_wide(1):
        assert [(column.distinct, column.top) for column in found.values()] == [(None, None)] * 2
        return
    assert found["id"].distinct is not None and found["v"].top is not None
    distinct = len({number for number, _ in rows})
    assert abs(found["id"].distinct - distinct) < 0.08 * distinct
    often = sum(word == "often" for _, word in rows)
    assert found["v"].top[0][0] == "often"
    assert abs(found["v"].top[0][1] - often) < 0.1 * often
    assert len(found["v"].top) == 1
    assert found["id"].top == ()


def test_long_values_are_cut_and_not_counted() -> None:
    long = "x" * 5000
    found = profile(f"v\n{long}\n{long}\nb\nb\n")["v"]
    assert (found.longest, found.max, found.distinct) == (5000, "x" * 200, None if cells.is_wide(1) else 2)


def test_rejected_records_are_not_in_the_profile() -> None:
    found = profile('a,b\n1,x\n2,y,z\n3,"open\n')
    assert (found["a"].max, found["a"].nulls) == ("1", 0)
    assert counted(found["a"]).distinct == (None if cells.is_wide(1) else 1)


def test_wide_files_are_profiled_as_narrow_ones_are(monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(2)
    values: list[Callable[[], str]] = [
        lambda: "",
        lambda: str(random.randrange(-50, 50)),
        lambda: f"{random.random():.3f}",
        lambda: random.choice("abü"),
        lambda: "same",
    ]
    lines = [",".join(f"c{place}" for place in range(300))]
    for _ in range(400):
        lines.append(",".join(values[(place + (random.random() < 0.01)) % len(values)]() for place in range(300)))
    data = "\n".join(lines)
    as_cells = profile(data, piece_bytes=100_000)
    monkeypatch.setattr(cells, "WIDE_COLUMNS", 300)
    as_columns = profile(data, piece_bytes=100_000)
    for name, found in as_cells.items():
        assert (found.distinct, found.top) == (None, None)
        as_column = as_columns[name]
        assert as_column.distinct is not None
        assert figures_of(found) == {**figures_of(as_column), "distinct": None, "top": None}


def figures_of(found: ColumnProfile) -> dict[str, object]:
    """Sums of floats depend on their order."""
    return {**msgspec.to_builtins(found), "mean": found.mean and pytest.approx(found.mean)}
