"""What of a predicate of polars is asked of the server: never more than the predicate says."""

from datetime import date
from decimal import Decimal
from typing import Any, Final

import polars as pl
import pytest

from rowmill.pushed_filters import FILTERS_MAX, filters_of

SCHEMA: Final[dict[str, Any]] = {"n": pl.Int64, "name": pl.String, "day": pl.Date, "price": pl.Decimal(38, 2), "a b": pl.Int64}
N, NAME, DAY = pl.col("n"), pl.col("name"), pl.col("day")


def pushed(predicate: pl.Expr) -> list[str]:
    """As polars hands the predicate on: its constants have the types of the columns."""
    handed: list[pl.Expr] = []

    def frames(columns: object, predicate: pl.Expr | None, *_: object) -> object:
        handed.append(pl.lit(True) if predicate is None else predicate)
        yield pl.DataFrame(schema=SCHEMA)

    pl.io.plugins.register_io_source(frames, schema=SCHEMA).filter(predicate).collect()  # type: ignore[arg-type]
    return filters_of(handed[0], SCHEMA)


@pytest.mark.parametrize(
    ("predicate", "filters"),
    [
        (N > 3, ["n:gt:3"]),
        (pl.lit(3) >= N, ["n:lte:3"]),
        ((N >= -5) & (NAME == "it's: (a)") & (date(1969, 12, 31) > DAY), ["n:gte:-5", "name:eq:it's: (a)", "day:lt:1969-12-31"]),
        ((N > 3) & ((N < 2) | (NAME == "x")), ["n:gt:3"]),
        ((N > 3) | (NAME == "x"), []),
        (~(NAME.str.starts_with("y")) & (NAME == "x"), ["name:eq:x"]),
        (N > 1.5, []),
        (N != 3, []),
        (N.eq_missing(3), []),
        (NAME > "a", []),
        (NAME == "", []),
        (NAME == " x", []),
        (NAME == "a\nb", []),
        (NAME == "x" * 501, []),
        (pl.col("a b") == N, []),
        (pl.col("a b") == 3, []),
        (pl.col("price") == Decimal("1.50"), []),
        (N + 1 == 3, []),
        (N.is_in([1, 2]), []),
        (pl.lit(None) == N, []),
    ],
    ids=str,
)
def test_comparisons_that_mean_the_same_there(predicate: pl.Expr, filters: list[str]) -> None:
    assert sorted(pushed(predicate)) == sorted(filters)


def test_they_are_not_more_than_a_request_has_room_for() -> None:
    predicate = NAME == "x"
    for number in range(100):
        predicate = predicate & NAME.eq(f"x{number}")
    assert len(filters_of(predicate, SCHEMA)) == FILTERS_MAX
