"""JSON and NDJSON become rows: nested objects columns of their own, numbers digit by digit, what is no record a reject."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backbone.errors import Rejected, TooLarge
from tests.tables import column, read

OBJECTS = [
    {"sku": "007", "price": Decimal("1.50"), "stock": 12, "tags": ["a", "b,c"], "place": {"city": "Köln", "at": {"lat": Decimal("50.93")}}},
    {"sku": "12", "price": Decimal("12345678901234567890.123"), "stock": 9007199254740993, "active": True, "place": {"city": None}},
    {"sku": "0120", "price": None, "made": "2024-02-29", "tags": [], "place": {}},
]
AS_ROWS = [
    {"sku": "007", "price": "1.50", "stock": "12", "tags": '["a","b,c"]', "place.city": "Köln", "place.at.lat": "50.93"},
    {"sku": "12", "price": "12345678901234567890.123", "stock": "9007199254740993", "active": "true"},
    {"sku": "0120", "made": "2024-02-29", "tags": "[]", "place": "{}"},
]
TITLES = ["sku", "price", "stock", "tags", "place.city", "place.at.lat", "active", "made", "place"]


def dumped(value: Any, indent: int | None = None) -> str:
    """With decimals as numbers, digit by digit."""
    marks: dict[str, str] = {}

    def mark(number: Any) -> str:
        assert isinstance(number, Decimal)
        return marks.setdefault(f"@{number}@", str(number)) and f"@{number}@"

    text = json.dumps(value, default=mark, ensure_ascii=False, indent=indent)
    for name, number in marks.items():
        text = text.replace(f'"{name}"', number)
    return text


WAYS = {
    "lines": "\n".join(dumped(one) for one in OBJECTS) + "\n",
    "lines, the last without an end": "\r\n\r\n".join(dumped(one) for one in OBJECTS),
    "a list": dumped(OBJECTS),
    "a list, indented": "\ufeff  " + dumped(OBJECTS, indent=2) + "\n",
    "objects one behind the other": "\n".join(dumped(one, indent=2) for one in OBJECTS),
}


@pytest.mark.parametrize("way", WAYS)
def test_however_it_is_laid_out_the_rows_are_the_same(way: str) -> None:
    found = read(WAYS[way].encode())
    assert [one.title for one in found.columns] == TITLES
    assert [{title: value for title, value in row.items() if value is not None} for row in found.rows] == AS_ROWS
    assert found.types == {
        "sku": "text", "price": "decimal", "stock": "integer", "tags": "text", "place.city": "text", "place.at.lat": "decimal",
        "active": "boolean", "made": "date", "place": "text",
    }  # fmt: skip
    assert found.scan.dialect.format == ("ndjson" if way.startswith(("lines", "objects")) else "json")


def test_numbers_keep_their_value_without_an_exponent() -> None:
    texts = ["1e3", "-1.5E-3", "-0", "1.0", "0.30000000000000004", "123456789012345678901234567890"]
    content = "".join(f'{{"n": {text}}}\n' for text in texts)
    assert column(read(content.encode()).rows, "n") == [
        "1000",
        "-0.0015",
        "0",
        "1.0",
        "0.30000000000000004",
        "123456789012345678901234567890",
    ]


def test_texts_stay_texts_and_moments_become_moments() -> None:
    found = read(b'{"code": "1", "at": "2024-02-29T10:00:00Z", "mixed": "5"}\n{"code": "2", "at": "2024-03-01T00:00:00Z", "mixed": 6}\n')
    assert found.types == {"code": "text", "at": "timestamp", "mixed": "text"}


def test_a_line_that_is_no_object_is_a_reject_and_no_more() -> None:
    found = read(b'{"a": 1, "b": 2}\noops, {"a"\n{"a": 3}\n[1, 2]\n"x"\n')
    assert (found.scan.records, found.types) == (5, {"a": "integer", "b": "integer"})
    assert [row.get("a") for row in found.rows][0::2][:2] == ["1", "3"]


@pytest.mark.parametrize("text", ['{"a": NaN, "b": 1}\n{"a": 2, "b": -Infinity}\n', '[{"a": NaN, "b": 1}, {"a": 2, "b": [Infinity]}]'])
def test_numbers_that_are_none_are_told(text: str) -> None:
    assert read(text.encode()).findings["not-a-number"].count == 2


def test_half_of_a_character_is_told() -> None:
    told = read(b'{"a": "\\ud83d", "b": 1}\n{"a": "\\ud83d\\ude00", "b": 2}\n{"a": "x", "b": ["\\udc00"]}\n').findings
    assert told["encoding-errors"].count == 2


def test_keys_twice_are_told() -> None:
    found = read(b'{"a": 1}\n{"a": 1, "b.c": 5, "a": 2, "b": {"c": 6}}\n')
    assert found.rows[1] == {"a": "2", "b.c": "6"}
    told = found.findings["keys-twice"]
    assert (told.level, told.count, told.places[0].record) == ("warning", 2, 2)


def test_a_row_without_any_value_is_a_row() -> None:
    found = read(b'{"a": 1}\n{}\n{"a": null}\n')
    assert (found.scan.records, column(found.rows, "a")) == (3, ["1", None, None])
    assert read(b'{"a": 1, "b": 2}\n{}\n').scan.records == 2


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'[{"a": 1}, {"a": 2}', "json-broken"),
        (b'[{"a": 1} {"a": 2}]', "json-broken"),
        (b'[{"a": 1}, {"a": 2,}]', "json-broken"),
        (b'[{"a": 1}] x', "json-broken"),
        (b"[\n1, 2, 3]", "json-not-rows"),
        (b"[{}]", "empty-file"),
        (b'{"total": 2, "items": [{"a": 1}, {"a": 2}]}', "json-not-rows"),
        (b"[" * 100_000, "json-broken"),
        (b'[{"a": "\xff"}]', "not-in-encoding"),
    ],
)
def test_what_is_no_table_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(Rejected) as refused:
        read(content, format="json")
    assert refused.value.code == code
    assert refused.value.detail.endswith(".")


def test_where_it_is_broken_is_said() -> None:
    with pytest.raises(Rejected, match="line 4"):
        read(b'[\n  {"a": 1},\n  {"a": 2},\n  {"a": oops}\n]\n')


def test_too_many_keys_and_too_long_records_are_refused() -> None:
    with pytest.raises(Rejected, match="ROWMILL_COLUMNS_MAX"):
        read(b'{"a": 1}\n{"b": 1}\n{"c": 1}\n', environment={"ROWMILL_COLUMNS_MAX": "2"})
    for content in (b'{"a": 1}\n{"a": "' + b"x" * 3000 + b'"}\n', b'[{"a": 1}, {"a": "' + b"x" * (3 << 20) + b'"}]'):
        with pytest.raises((Rejected, TooLarge), match="ROWMILL_RECORD_BYTES_MAX"):
            read(content, environment={"ROWMILL_RECORD_BYTES_MAX": "2000"})


def test_values_that_break_csv_come_through() -> None:
    odd = ["a,b", 'say "x"', "two\nlines", "\r", " blank ", "#no comment", "\\N", "NULL", "\u2028", "😀", "'", "=1+1", ""]
    content = "".join(json.dumps({"v": text, "n": place}) + "\n" for place, text in enumerate(odd))
    assert column(read(content.encode()).rows, "v") == odd


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(["a", "b", "c d", "e,f"]), VALUES, min_size=1, max_size=4), min_size=1, max_size=5))
def test_any_objects_are_read_as_python_reads_them(objects: list[dict[str, Any]]) -> None:
    def flat(prefix: str, value: dict[str, Any]) -> dict[str, str | None]:
        fields: dict[str, str | None] = {}
        for key, one in value.items():
            if isinstance(one, dict) and one:
                fields |= flat(f"{prefix}{key}.", one)
            else:
                fields[prefix + key] = (
                    one if isinstance(one, str) else None if one is None else json.dumps(one, ensure_ascii=False, separators=(",", ":"))
                )
        return fields

    found = read("".join(json.dumps(one) + "\n" for one in objects).encode(), format="ndjson")
    for row, one in zip(found.rows, objects, strict=True):
        assert {title: value for title, value in row.items() if value is not None} == {
            title: value for title, value in flat("", one).items() if value is not None
        }
