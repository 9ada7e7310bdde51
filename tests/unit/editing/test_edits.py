"""Rows as JSON: what they become as texts, as an edit, as the file that is kept, and out of that file as rows again."""

import json
import math
from collections.abc import Sequence
from decimal import Decimal

import msgspec
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from backbone.columns.sent_values import plain, texts_of
from backbone.columns.written_number import Number
from backbone.csvread.batch_file import BatchFile, BatchWriter, null_text, write_batch
from backbone.errors import BadRequest, Conflict, TooLarge
from backbone.model import Column, ColumnType, Table
from services.parser.parse_chunk import parse_chunk
from services.query.editing.edit import Asked, Edit, make_edit
from services.query.editing.json_rows import BODY_BYTES_MAX, ROWS_MAX, read_rows
from services.query.editing.wait import wait_s, wanted_version
from tests.thorough import examples


def column(name: str, kind: ColumnType = "text", **more: object) -> Column:
    return Column(name=name, title=name.title(), type=kind, **more)  # type: ignore[arg-type]


TABLE = Table(id=1, columns=(column("sku"), column("price", "decimal"), column("on", "boolean"), column("note")))


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("1.10", "1.10"),
        ("-0", "0"),
        ("-0.00", "0.00"),
        ("1e3", "1000"),
        ("12E-2", "0.12"),
        ("-1.5e1", "-15"),
        ("1e1001", None),
        ("1e99999", None),
    ],
)
def test_a_number_is_written_out_with_every_digit(written: str, text: str | None) -> None:
    assert plain(written) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3), st.integers(-20, 20))
def test_a_number_with_an_exponent_is_the_same_number(number: object, exponent: int) -> None:
    written = f"{number}e{exponent}"
    assert Decimal(plain(written) or "") == Decimal(written)


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("text", Number("1.50"), "1.50"),
        ("text", True, "true"),
        ("text", "", ""),
        ("integer", Number("7"), "7"),
        ("integer", "7", "7"),
        ("decimal", "", None),
        ("integer", Number("7.0"), None),
        ("integer", True, None),
        ("boolean", Number("1"), None),
        ("boolean", False, "false"),
        ("date", "2026-02-30", None),
        ("date", "2026-02-28", "2026-02-28"),
        ("decimal", "1.234,5", None),
    ],
)
def test_a_value_fits_its_column_or_is_told(kind: ColumnType, value: object, text: str | None) -> None:
    texts, unfit = texts_of(column("c", kind), [None, value])  # type: ignore[list-item]
    assert texts[0] is None
    assert ((texts[1], unfit) == (text, [])) if text is not None else [one.row for one in unfit] == [1]


def test_a_text_may_be_written_as_its_column_declares() -> None:
    assert texts_of(column("c", "decimal", declared="1.234,56"), ["1.234,5", Number("2.5")]) == (["1234.5", "2.5"], [])
    assert texts_of(column("c", "boolean", declared="ja/nein"), ["ja", False]) == (["true", "false"], [])


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty-body"),
        (b"[1]", "bad-json"),
        (b'"x"', "bad-json"),
        (b'{"a": 1', "bad-json"),
        (b'{"a": Infinity}', "bad-json"),
        (b'{"a": "\\u0000"}', "bad-character"),
        (b"\xff", "bad-json"),
        (b"[" * 100_000, "bad-json"),
        (b'{"a": {"b": 1}}', "bad-value"),
        (b"[{}, []]", "bad-json"),
    ],
)
def test_what_is_no_row_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read_rows(body)
    assert refused.value.code == code


def test_a_batch_has_a_limit() -> None:
    assert len(read_rows(b"[" + b",".join([b"{}"] * ROWS_MAX) + b"]")) == ROWS_MAX
    for body in (b"[" + b",".join([b"{}"] * (ROWS_MAX + 1)) + b"]", b" " * (BODY_BYTES_MAX + 1)):
        with pytest.raises(TooLarge):
            read_rows(body)


def edit_of(rows: object, mode: str = "append", key: str = "", stands: dict[int, bytes] | None = None) -> Edit:
    asked = Asked(dataset="d", mode=mode, key=tuple(key.split(",")) if key else ())  # type: ignore[arg-type]
    standing = None if stands is None else {row: msgspec.Raw(values) for row, values in stands.items()}
    return make_edit(asked, TABLE, read_rows(json.dumps(rows).encode()), standing)


def test_a_column_is_meant_by_its_name_or_title_and_an_unknown_one_is_refused() -> None:
    assert edit_of({"Sku": "1", "note": None}).rows == (("1", None, None, None),)
    with pytest.raises(BadRequest) as refused:
        edit_of({"nots": 1})
    assert refused.value.place["near"] == ["note"]
    with pytest.raises(BadRequest, match="twice"):
        edit_of({"Sku": "1", "sku": "2"})


def test_a_change_by_key_has_the_columns_that_it_names() -> None:
    edit = edit_of([{"sku": "1", "price": 2}], "update", "sku")
    assert ([one.name for one in edit.columns], edit.rows, edit.key) == (["sku", "price"], (("1", "2"),), ("sku",))
    assert [one.name for one in edit_of([{"sku": "1", "price": 2}], "delete", "sku").columns] == ["sku"]


def test_a_change_by_number_is_filled_up_with_what_stands() -> None:
    stands = {5: b'{"sku":"1","price":1.10,"on":true,"note":""}', 6: b'{"sku":"2","price":null,"on":null,"note":null}'}
    edit = edit_of([{"_row": "6", "note": "x"}, {"_row": "5", "price": None}], "update", stands=stands)
    assert edit.rows == (("2", None, None, "x"), ("1", None, "true", ""))
    assert edit.targets == (6, 5)
    deleted = edit_of([{"_row": "5", "note": "whatever it says"}], "delete", stands=stands)
    assert (deleted.rows, deleted.targets) == ((("1", "1.10", "true", ""),), (5,))
    with pytest.raises(Conflict):
        edit_of([{"_row": "7"}], "delete", stands=stands)


def test_all_errors_of_values_are_told() -> None:
    with pytest.raises(BadRequest) as refused:
        edit_of([{"sku": "1", "price": "x"}, {"sku": "2", "price": "y", "on": 1}])
    assert [(error["row"], error["column"]) for error in refused.value.place["errors"]] == [(1, "price"), (2, "price"), (2, "on")]  # type: ignore[attr-defined]


def test_a_column_without_a_type_gets_that_of_json() -> None:
    table = Table(
        id=1, columns=(column("a", undecided=True), column("b", undecided=True), column("c", undecided=True), column("d", undecided=True))
    )
    rows = read_rows(b'[{"a": 1, "b": true, "c": "007"}, {"a": 2.5, "b": null, "c": "8"}]')
    edit = make_edit(Asked(dataset="d", mode="append"), table, rows)
    assert [(one.type, one.undecided) for one in edit.columns] == [("decimal", False), ("boolean", False), ("text", False), ("text", True)]


CELLS = (
    st.none()
    | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)
    | st.sampled_from(("\\N", "\\N0", '"', ",", "\r", "\n", "\r\n", " ", "", "#", "NULL"))
)


def numbered(columns: Sequence[Column], rows: Sequence[Sequence[str | None]], chunk_bytes: int) -> BatchFile:
    """With a number beside each row."""
    writer = BatchWriter(columns, null_text(text for row in rows for text in row), chunk_bytes, beside=["_row"])
    written = [writer.add(row, [str(number)]) for number, row in enumerate(rows, start=1 << 32)]
    content = writer.header + b"".join(record for record, _ in written)
    places = tuple(where for _, where in written)
    return BatchFile(content=content, dialect=writer.dialect, chunks=writer.chunks(), profile=writer.profile(), places=places)


@settings(max_examples=examples(60))
@given(
    st.integers(1, 4).flatmap(lambda width: st.lists(st.tuples(*[CELLS] * width), min_size=1, max_size=12)),
    st.integers(1, 60),
    st.booleans(),
)
@example([("", "")], 60, False)  # a record of nothing is a row all the same
@example([("c0", "c1")], 60, False)  # and so is one that looks like the header
@example([("c0", "c1"), ("", None)], 60, True)
def test_the_file_gives_the_rows_back(rows: list[tuple[str | None, ...]], chunk_bytes: int, has_numbers: bool) -> None:
    """An empty text is one, and null is null, whatever else the texts are; the fast way and the exact one alike; and what stands beside the rows is
    none of theirs."""
    columns = tuple(column(f"c{index}") for index in range(len(rows[0])))
    table = Table(id=1, columns=columns)
    batch = numbered(columns, rows, chunk_bytes) if has_numbers else write_batch(columns, rows, chunk_bytes)
    assert sum(chunk.records for chunk in batch.chunks) == len(rows)
    for exactly in (False, True):
        texts: list[tuple[str | None, ...]] = []
        places = []
        for chunk in batch.chunks:
            data = batch.content[chunk.offset : chunk.offset + chunk.length]
            parsed = parse_chunk(
                data, chunk=chunk, dialect=batch.dialect, columns=columns, table=table, version=1, table_chunk=chunk.number, exactly=exactly
            )
            assert parsed.rejects == ()
            frame = pl.read_csv(parsed.payload, has_header=False, infer_schema=False)  # null is an empty field without quotes
            texts += [row[2:] for row in frame.rows()]
            places += [(int(row[1]) >> 32, int(row[1]) & 0xFFFFFFFF) for row in frame.rows()]
        assert texts == rows
        assert tuple(places) == batch.places


@pytest.mark.parametrize(
    ("parameter", "prefer", "seconds"),
    [(None, "", 0), (5.0, "wait=9", 5), (None, "respond-async, wait=9", 9), (None, "wait=9999", 60), (None, "waiting=9", 0)],
)
def test_how_long_a_sender_waits(parameter: float | None, prefer: str, seconds: float) -> None:
    assert math.isclose(wait_s(parameter, prefer), seconds)


def test_the_version_that_an_edit_is_for() -> None:
    assert [wanted_version(tag) for tag in (None, "*", '"7"', 'W/"7"', "7")] == [None, None, 7, 7, 7]
    with pytest.raises(BadRequest):
        wanted_version('"a", "b"')
