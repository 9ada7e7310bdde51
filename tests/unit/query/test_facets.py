"""Facets: how they are asked for, and round bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.errors import BadRequest
from backbone.model import Column
from services.query.search.facets import FacetRequest, parse_facets
from services.query.search.round_bounds import RANGES_MAX, round_bounds

NAME = Column(name="name", title="Name", type="text")
STOCK = Column(name="stock", title="Stock", type="integer")
PRICE = Column(name="price", title="Price", type="decimal")
MADE = Column(name="made", title="Made", type="date")
SOLD = Column(name="sold", title="Sold", type="timestamp", format="%Y-%m-%d %H:%M:%S")
COLUMNS = (NAME, STOCK, PRICE, MADE, SOLD)


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("name", FacetRequest(NAME)),
        ("name:top:3", FacetRequest(NAME, 3)),
        ("stock", FacetRequest(STOCK, bounds=None)),
        ("stock:top", FacetRequest(STOCK)),
        ("price:ranges", FacetRequest(PRICE, bounds=None)),
        ("price:ranges:0,9.99", FacetRequest(PRICE, bounds=("0", "9.99"))),
        ("sold:ranges:2026-01-01", FacetRequest(SOLD, bounds=("2026-01-01 00:00:00",))),
    ],
)
def test_what_is_understood(text: str, request_: FacetRequest) -> None:
    assert parse_facets([text], COLUMNS) == (request_,)


@pytest.mark.parametrize(
    "text", ["nme", "name:top:0", "name:top:x", "name:ranges:a,b", "price:buckets", "price:ranges:2,1", "made:ranges:x"]
)
def test_what_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        parse_facets([text], COLUMNS)


@pytest.mark.parametrize(
    ("column", "low", "high", "bounds"),
    [
        (STOCK, "0", "9", ("1", "2", "3", "4", "5", "6", "7", "8", "9")),
        (STOCK, "3", "97", ("10", "20", "30", "40", "50", "60", "70", "80", "90")),
        (STOCK, "5", "5", ("5",)),
        (PRICE, "0.99", "4.50", ("1", "1.5", "2", "2.5", "3", "3.5", "4", "4.5")),
        (PRICE, "-1", "1", ("-0.8", "-0.6", "-0.4", "-0.2", "0", "0.2", "0.4", "0.6", "0.8", "1")),
        (MADE, "2026-01-05", "2026-06-20", ("2026-02-01", "2026-03-01", "2026-04-01", "2026-05-01", "2026-06-01")),
        (SOLD, "2026-01-01 10:10:10", "2026-01-01 12:00:00", tuple(f"2026-01-01 {h}:00" for h in ("10:15", "10:30", "10:45", "11:00"))),
    ],
)
def test_bounds_are_round(column: Column, low: str, high: str, bounds: tuple[str, ...]) -> None:
    assert round_bounds(column, low, high)[: len(bounds)] == bounds


@given(st.decimals(-(10**20), 10**20, places=4), st.decimals(-(10**20), 10**20, places=4))
def test_bounds_are_few_and_grow(one: object, other: object) -> None:
    low, high = sorted((one, other))  # type: ignore[type-var]
    bounds = [float(bound) for bound in round_bounds(PRICE, str(low), str(high))]
    assert 1 <= len(bounds) <= RANGES_MAX + 1
    assert bounds == sorted(bounds)


@given(st.dates(), st.dates())
def test_dates_have_bounds(one: object, other: object) -> None:
    low, high = sorted((str(one), str(other)))
    bounds = round_bounds(MADE, low, high)
    assert 1 <= len(bounds) <= RANGES_MAX + 1
    assert list(bounds) == sorted(bounds)
