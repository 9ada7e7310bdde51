"""What a workbook can hold is written as what it is, what it would round is written as text, what it has no room for is refused."""

import datetime
import io

import msgspec
import openpyxl
import pytest

from services.query.export import xlsx_writer
from services.query.export.arrow_schema import REFUSED, FrameColumn, FrameOrder
from services.query.export.xlsx_writer import exact_float, exact_moment, write_workbook


def written(order: FrameOrder, *blocks: bytes) -> bytes:
    source = io.BytesIO(msgspec.json.encode(order) + b"\n" + b"".join(len(one).to_bytes(8, "big") + one for one in blocks) + bytes(8))
    target = io.BytesIO()
    write_workbook(source, target)
    return target.getvalue()


def cells(content: bytes) -> list[list[object]]:
    return [[cell.value for cell in row] for row in openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows()]


@pytest.mark.parametrize("text", ["1.5", "-0.25", "12", "0.1", "123456789012345", "1.50", "9007199254740992"])
def test_numbers_that_a_workbook_holds(text: str) -> None:
    assert exact_float(text) == float(text)


@pytest.mark.parametrize("text", ["9007199254740993", "0.12345678901234567", "1" + "0" * 400, "12345678901234567.5"])
def test_numbers_that_it_would_round(text: str) -> None:
    assert exact_float(text) is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-02-29", datetime.datetime(2024, 2, 29)),
        ("2024-02-29T10:00:00.125Z", datetime.datetime(2024, 2, 29, 10, 0, 0, 125000)),
        ("1900-03-01", datetime.datetime(1900, 3, 1)),
        ("1900-02-28", None),
        ("2024-02-29T10:00:00+02:00", None),
        ("2024-02-29T10:00:00.000001", None),
    ],
)
def test_moments(text: str, moment: datetime.datetime | None) -> None:
    assert exact_moment(text) == moment


def test_texts_are_texts() -> None:
    odd = ["=1+1", "@x", "http://a.b", "007", "1e5", " x ", "{=A1}", "true", "2024-01-01"]
    order = FrameOrder("xlsx", (FrameColumn("t", "text", title="=T"), FrameColumn("n", "integer")))
    block = "".join(f'"{text}",{place}\n' for place, text in enumerate(odd)).encode()
    assert cells(written(order, block)) == [["=T", "n"], *[[text, place] for place, text in enumerate(odd)]]


def test_a_sheet_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_writer, "ROWS_MAX", 4)
    order = FrameOrder("xlsx", (FrameColumn("n", "integer"),))
    assert len(cells(written(order, b"1\n2\n", b"3\n"))) == 4
    refused = written(order, b"1\n2\n", b"3\n4\n")
    assert refused.startswith(REFUSED) and b"room for 3 rows" in refused


def test_input_that_was_cut_short_is_no_workbook() -> None:
    order = FrameOrder("xlsx", (FrameColumn("n", "integer"),))
    with pytest.raises(EOFError):
        write_workbook(io.BytesIO(msgspec.json.encode(order) + b"\n" + (9).to_bytes(8, "big") + b"1\n"), io.BytesIO())
