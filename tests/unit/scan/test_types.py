"""Types lose nothing: what a column's type writes back is what stood in the file."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.upload.scan.scanner import ScanOptions
from tests.thorough import examples
from tests.unit.reference import scan_bytes

pytestmark = pytest.mark.usefixtures("reader")


def type_of(values: list[str], **options: Any) -> tuple[str, str | None]:
    data = "\n".join(["a,b", *(f"{value},x" for value in values)]).encode()
    column = scan_bytes(data, ScanOptions(delimiter=",", quote="", **options)).columns[0]
    return column.type, column.format


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1", "-5", "0", ""], "integer"),
        (["9223372036854775807", "-9223372036854775808"], "integer"),
        (["1", "9223372036854775808"], "decimal"),
        (["1", "2.50"], "decimal"),
        (["0.00", "-0.01"], "decimal"),
        (["1" * 1000], "decimal"),
        (["1" * 1001], "text"),
        (["007"], "text"),
        (["1", "007"], "text"),
        (["+1"], "text"),
        (["-0"], "text"),
        (["1.5", "-0.0"], "text"),
        (["1", "-0"], "text"),
        (["1e5"], "text"),
        (["1."], "text"),
        ([".5"], "text"),
        (["1 "], "text"),
        (["NaN"], "text"),
        (["٣"], "text"),
        (["true", "false", ""], "boolean"),
        (["true", "True"], "text"),
        (["t"], "text"),
        (["2026-11-22", "", "0001-01-01", "9999-12-31"], "date"),
        (["2026-02-29"], "text"),
        (["2026-11-22", "0000-01-01"], "text"),
        (["2026-1-2"], "text"),
        (["12/01/2026"], "text"),
        (["2026-11-22", "x"], "text"),
        (["", ""], "text"),
        (["2026-11-22T08:00:00", "2026-11-22T08:00:00Z"], "text"),
        (["2026-11-22T08:00:00", "2026-11-22 08:00:00"], "text"),
        (["2026-11-22T08:00:00.1", "2026-11-22T08:00:00.12"], "text"),
        (["2026-11-22T23:59:60"], "text"),
        (["2026-11-22T24:00:00"], "text"),
        (["2026-11-22T08:00:00.1234567"], "text"),
        (["2026-11-22T08:00:00+01:00", "2026-02-29T08:00:00Z"], "text"),
        (["2026-11-22T08:00:00+01:00", "2026-11-22T08:00:00"], "text"),
        (["2026-11-22T08:00:00+99:00"], "text"),
        (["2026-11-22", "2026-11-22T08:00:00"], "text"),
    ],
)
def test_types(values: list[str], expected: str) -> None:
    for piece_bytes in (5, 1 << 20):
        assert type_of(values, piece_bytes=piece_bytes, sample_bytes=5)[0] == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-22T08:00:00", "%Y-%m-%dT%H:%M:%S"),
        ("2026-11-22 08:00:00Z", "%Y-%m-%d %H:%M:%SZ"),
        ("2026-11-22T08:00:00+01:00", "%Y-%m-%dT%H:%M:%S%z"),
        ("2026-11-22 08:00:00.123-0500", "%Y-%m-%d %H:%M:%S%.3f%z"),
        ("2026-11-22T08:00:00+00", "%Y-%m-%dT%H:%M:%S%z"),
        ("2026-11-22T08:00:00.123Z", "%Y-%m-%dT%H:%M:%S%.3fZ"),
        ("2026-11-22 08:00:00.1", "%Y-%m-%d %H:%M:%S%.1f"),
        ("2026-11-22 08:00:00.123456", "%Y-%m-%d %H:%M:%S%.6f"),
    ],
)
def test_timestamps_keep_their_shape(value: str, expected: str) -> None:
    assert type_of([value, "", value]) == ("timestamp", expected)


NUMBERS = st.integers(-(2**70), 2**70).map(str) | st.decimals(allow_nan=False, allow_infinity=False, places=2).map(str)
TIMES = st.datetimes(min_value=datetime(1, 1, 1)).map(lambda time: time.isoformat()) | st.dates().map(lambda day: day.isoformat())
ANY = (
    NUMBERS
    | TIMES
    | st.sampled_from(["true", "false", "-0", "007", "1.", "0001-01-01"])
    | st.text(alphabet="0123456789-:TZ. e", max_size=20)
)


@settings(max_examples=examples(300), deadline=None)
@given(st.one_of([st.lists(kind, min_size=1, max_size=5) for kind in (ANY, NUMBERS, TIMES, st.sampled_from(["1", "2.0", "x", ""]))]))
def test_a_type_gives_every_text_back(values: list[str]) -> None:
    kind, form = type_of(values)
    for value in filter(None, values):
        assert kind == "text" or written_back(value, kind, form) == value


def written_back(value: str, kind: str, form: str | None) -> str:
    match kind:
        case "integer":
            assert -(2**63) <= int(value) < 2**63
            return str(int(value))
        case "decimal":
            assert not (Decimal(value).is_zero() and Decimal(value).is_signed())  # PostgreSQL has no negative zero
            return f"{Decimal(value):f}"
        case "boolean":
            return {"true": "true", "false": "false"}[value]
        case "date":
            return date.fromisoformat(value).isoformat()
    assert form is not None
    directive = re.search(r"%\.(\d)f", form)
    digits = int(directive[1]) if directive else 0
    time = datetime.fromisoformat(value.removesuffix("Z")).replace(tzinfo=None)
    text = time.isoformat(sep=form[8], timespec="microseconds")
    return text[: 19 + (digits + 1 if digits else 0)] + ("Z" if form.endswith("Z") else "")


def test_z_is_an_offset_among_others() -> None:
    values = ["2026-11-22T08:00:00Z", "2026-11-22T08:00:00+01:00", "2026-11-22T08:00:00-0530"]
    for order in (values, values[::-1]):
        for piece_bytes in (5, 1 << 20):
            assert type_of(order, piece_bytes=piece_bytes) == ("timestamp", "%Y-%m-%dT%H:%M:%S%z")
