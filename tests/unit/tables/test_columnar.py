"""Parquet and Arrow files become the rows that their own libraries read: types kept, nested values flattened or written as JSON."""

import datetime
import io
import json
import math
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import polars as pl
import pyarrow as pa
import pyarrow.feather
import pytest

from backbone.errors import NotCsv, Rejected, TooLarge
from tests.tables import arrow_file, column, parquet, read

DAY: Final = datetime.date(2024, 1, 1)
UTC: Final = datetime.UTC
TABLE: Final = pa.table(
    {
        "sku": pa.array(["007", "12", None]),
        "stock": pa.array([1, 2, None], pa.int16()),
        "big": pa.array([2**64 - 1, 0, 5], pa.uint64()),
        "price": pa.array([Decimal("1.50"), Decimal("-2.00"), None], pa.decimal128(10, 2)),
        "rate": pa.array([0.1, 1e21, float("nan")]),
        "half": pa.array([0.1, 2.5, None], pa.float32()),
        "active": pa.array([True, False, None]),
        "made": pa.array([datetime.date(2024, 2, 29), datetime.date(1899, 1, 1), None]),
        "at": pa.array([datetime.datetime(2024, 2, 29, 1, 2, 3, 400000), datetime.datetime(2024, 3, 1), None], pa.timestamp("us")),
        "zoned": pa.array([datetime.datetime(2024, 2, 29, 12, tzinfo=UTC), None, None], pa.timestamp("ms", "Europe/Berlin")),
        "clock": pa.array([datetime.time(10, 30), None, None], pa.time32("s")),
        "kind": pa.array(["a", "b", "a"]).dictionary_encode(),
        "raw": pa.array([b"\x00\xff", None, b""]),
        "tags": pa.array([["x", "y,z"], [], None]),
        "place": pa.array([{"city": "Köln", "at": {"lat": 50.5}}, None, {"city": None, "at": None}]),
        "nothing": pa.nulls(3),
        "no number": pa.nulls(3, pa.int64()),
    }
)
ROWS: Final = [
    {
        "sku": "007", "stock": "1", "big": "18446744073709551615", "price": "1.50", "rate": "0.1", "half": "0.1", "active": "true",
        "made": "2024-02-29", "at": "2024-02-29T01:02:03.400", "zoned": "2024-02-29T12:00:00Z", "clock": "10:30:00", "kind": "a", "raw": "00ff",
        "tags": '["x","y,z"]', "place.city": "Köln", "place.at.lat": "50.5",
    },
    {
        "sku": "12", "stock": "2", "big": "0", "price": "-2.00", "rate": "1000000000000000000000.0", "half": "2.5", "active": "false",
        "made": "1899-01-01", "at": "2024-03-01T00:00:00.000", "kind": "b", "tags": "[]",
    },
    {"big": "5", "kind": "a", "raw": ""},
]  # fmt: skip
TYPES: Final = {
    "sku": "text", "stock": "integer", "big": "decimal", "price": "decimal", "rate": "decimal", "half": "decimal", "active": "boolean",
    "made": "date", "at": "timestamp", "zoned": "timestamp", "clock": "text", "kind": "text", "raw": "text", "tags": "text",
    "place.city": "text", "place.at.lat": "decimal", "nothing": "text", "no number": "integer",
}  # fmt: skip


def arrow_stream(table: pa.Table) -> bytes:
    target = io.BytesIO()
    with pa.ipc.new_stream(target, table.schema) as writer:
        writer.write_table(table)
    return target.getvalue()


def feather(table: pa.Table) -> bytes:
    target = io.BytesIO()
    pyarrow.feather.write_feather(table, target)
    return target.getvalue()


WRITERS: Final[dict[str, Callable[[pa.Table], bytes]]] = {
    "parquet": parquet, "parquet, snappy, pages of 2": lambda table: parquet(table, compression="snappy", data_page_size=16),
    "parquet, old": lambda table: parquet(table, version="1.0", row_group_size=2), "arrow": arrow_file, "stream": arrow_stream, "feather": feather,
}  # fmt: skip


@pytest.mark.parametrize("writer", WRITERS)
def test_values_and_types_are_those_of_the_file(writer: str) -> None:
    found = read(WRITERS[writer](TABLE))
    assert [{title: value for title, value in row.items() if value is not None} for row in found.rows] == ROWS
    expected = dict(TYPES) | ({"big": "text"} if writer == "parquet, old and narrow" else {})
    assert found.types == expected
    assert found.scan.dialect.format == ("parquet" if writer.startswith("parquet") else "arrow")
    assert found.findings["not-a-number"].count == 1
    assert "raw" in found.findings["values-as-text"].message and "tags" in found.findings["values-as-text"].message


def test_rows_without_a_value_and_odd_texts_come_through() -> None:
    odd = ["a,b", 'x"y', "two\nlines", "\r", " blank ", "\\N", "=1+1", "#x", None, "", "sku", "😀"]
    for table in (pa.table({"sku": odd}), pa.table({"sku": odd, "n": pa.nulls(len(odd), pa.int8())})):
        assert column(read(parquet(table)).rows, "sku") == odd


def test_titles_of_any_kind() -> None:
    found = read(parquet(pa.table({"two\nlines": [1], 'a "quote", too': [2], "": [3]})))
    assert [one.title for one in found.columns][:2] == ["two\nlines", 'a "quote", too']
    assert list(found.rows[0].values()) == ["1", "2", "3"]


def test_nanoseconds_are_kept() -> None:
    moments = pa.array([1_700_000_000_123_456_789, 1_700_000_000_000_000_000], pa.timestamp("ns"))
    assert column(read(parquet(pa.table({"at": moments}))).rows, "at") == ["2023-11-14T22:13:20.123456789", "2023-11-14T22:13:20.000000000"]


def test_a_file_without_rows_is_told() -> None:
    with pytest.raises(Rejected, match="no record") as refused:
        read(parquet(TABLE.slice(0, 0)))
    assert refused.value.code == "header-only"
    assert read(parquet(TABLE.slice(0, 0)), empty="true").types["stock"] == "integer"


def test_maps_and_lists_of_structs_are_json() -> None:
    table = pa.table(
        {
            "m": pa.array([[("a", 1), ("b", None)]], pa.map_(pa.string(), pa.int32())),
            "l": pa.array([[{"x": 1.5, "d": DAY}]]),
        }
    )
    (row,) = read(parquet(table)).rows
    assert json.loads(row["l"] or "") == [{"x": 1.5, "d": "2024-01-01"}]
    assert json.loads(row["m"] or "") == {"a": 1, "b": None}


@pytest.mark.parametrize("writer", ["parquet", "arrow", "stream"])
@pytest.mark.parametrize("keep", [0.02, 0.5, 0.98])
def test_a_file_that_was_cut_off_is_refused(writer: str, keep: float) -> None:
    content = WRITERS[writer](TABLE)
    with pytest.raises(Rejected) as refused:
        read(content[: max(16, int(len(content) * keep))])
    assert refused.value.code in ("table-damaged", "binary-file", "empty-file")
    assert refused.value.detail.endswith(".")


def test_what_is_whole_but_not_known_is_not_called_cut_off() -> None:
    """A value of a union, which no column of ours can have."""
    union = pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array([1, 2]), pa.array(["a", "b"])])
    with pytest.raises(Rejected) as refused:
        read(WRITERS["arrow"](pa.table({"u": union})))
    assert (refused.value.code, "most readers know" in refused.value.detail) == ("table-damaged", True)


def test_any_damage_is_a_refusal_or_rows() -> None:
    """Bytes turned at random: never a fault of ours."""
    chance = random.Random(20261127)
    for writer in ("parquet", "arrow", "stream"):
        content = bytearray(WRITERS[writer](TABLE))
        for _ in range(4):
            broken = bytearray(content)
            for _ in range(6):
                broken[chance.randrange(8, len(broken))] = chance.randrange(256)
            try:
                assert read(bytes(broken)).columns
            except Rejected as refused:
                assert refused.detail.endswith(".") or isinstance(refused, NotCsv)


def test_old_feather_and_columns_without_end_are_refused() -> None:
    with pytest.raises(NotCsv, match="Feather"):
        read(b"FEA1" + bytes(200))
    wide = pa.table({f"c{number}": [number] for number in range(12)})
    with pytest.raises(Rejected, match="ROWMILL_COLUMNS_MAX"):
        read(parquet(wide), environment={"ROWMILL_COLUMNS_MAX": "10"})


def test_a_column_of_one_value_is_not_unpacked_without_end() -> None:
    content = parquet(pa.table({"x": pa.array(["y" * 1000]).take(pa.array([0] * 100_000))}))
    with pytest.raises(TooLarge) as refused:
        read(content)
    assert refused.value.code == "expands-too-much"


def random_table(chance: random.Random) -> pa.Table:
    rows = chance.randrange(1, 40)
    makers: dict[str, Callable[[], Any]] = {
        "string": lambda: "".join(chance.choices('aé,"\n x01', k=chance.randrange(1, 8))).strip() or "x",
        "int64": lambda: chance.randrange(-(2**63), 2**63),
        "int8": lambda: chance.randrange(-128, 128),
        "double": lambda: chance.choice([chance.random(), chance.uniform(-1e30, 1e30), float(chance.randrange(100))]),
        "bool": lambda: chance.random() < 0.5,
        "date32": lambda: datetime.date(1970, 1, 1) + datetime.timedelta(days=chance.randrange(-20_000, 40_000)),
        "timestamp[us]": lambda: datetime.datetime(2000, 1, 1) + datetime.timedelta(microseconds=chance.randrange(10**15)),
        "decimal128(20, 3)": lambda: Decimal(chance.randrange(-(10**18), 10**18)).scaleb(-3),
    }
    types = {"timestamp[us]": pa.timestamp("us"), "decimal128(20, 3)": pa.decimal128(20, 3)}
    columns = {}
    for number in range(chance.randrange(1, 7)):
        kind = chance.choice(list(makers))
        values = [None if chance.random() < 0.2 else makers[kind]() for _ in range(rows)]
        columns[f"{kind} {number}"] = pa.array(values, types.get(kind) or pa.type_for_alias(kind))
    return pa.table(columns)


def value_of(text: str | None, type_: pa.DataType) -> Any:
    """As the library has it."""
    if text is None or pa.types.is_string(type_):
        return text
    if pa.types.is_boolean(type_):
        return {"true": True, "false": False}[text]
    if pa.types.is_date(type_):
        return datetime.date.fromisoformat(text)
    if pa.types.is_timestamp(type_):
        return datetime.datetime.fromisoformat(text)
    return Decimal(text) if pa.types.is_decimal(type_) else float(text) if pa.types.is_floating(type_) else int(text)


@pytest.mark.parametrize("seed", range(12))
def test_generated_files_are_read_as_pyarrow_reads_them(seed: int) -> None:
    chance = random.Random(seed)
    table = random_table(chance)
    writer = chance.choice(list(WRITERS))
    found = read(WRITERS[writer](table))
    expected = [dict(row) for row in table.to_pylist()]
    for row, one in zip(found.rows, expected, strict=True):
        assert {title: value_of(text, table.schema.field(title).type) for title, text in row.items()} == one


def test_polars_own_files_are_read() -> None:
    frame = pl.DataFrame({"a": [1, 2], "b": ["x", None], "c": [[1], None]}).with_columns(pl.col("b").cast(pl.Categorical).alias("k"))
    for write in (frame.write_parquet, frame.write_ipc, frame.write_ipc_stream):
        target = io.BytesIO()
        write(target)
        assert read(target.getvalue()).rows == [{"a": "1", "b": "x", "c": "[1]", "k": "x"}, {"a": "2", "b": None, "c": None, "k": None}]


def test_floats_are_the_same_floats() -> None:
    numbers = [5e-324, 1.7976931348623157e308, -0.0, 0.1 + 0.2, math.pi]
    texts = column(read(parquet(pa.table({"n": numbers}))).rows, "n")
    assert [float(text or "nan") for text in texts] == numbers
