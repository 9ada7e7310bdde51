"""Exports: every format gives back every value of one version; parts can be asked for; spreadsheets are guarded."""

import asyncio
import csv
import io
import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import openpyxl
import polars as pl
import pytest

from backbone.postgres.embedded.server import start_embedded
from tests.flows import keyed
from tests.flows.pods import Rowmill, wait_for

GOODS = (
    "name,sku,price,stock,listed,sold,active,note\n"
    'Teapot,007,19.90,3,2026-01-31,2026-01-31T10:20:30.120Z,true,"Glazed, blue\nwith a ""lid"""\n'
    "Café cup,008,4.5,,2025-12-01,,false,=1+1\n"
    "Saucer,009,,9007199254740993,0999-02-28,1999-12-31T23:59:59.999Z,true,-plain\r\n"
    "Jug,010,12345678901234567890.1,-5,2024-02-29,2026-03-01T00:00:00.000Z,false,+a\\b\n"
)
ROWS = [
    ["Teapot", "007", "19.90", "3", "2026-01-31", "2026-01-31T10:20:30.120Z", "true", 'Glazed, blue\nwith a "lid"'],
    ["Café cup", "008", "4.5", "", "2025-12-01", "", "false", "=1+1"],
    ["Saucer", "009", "", "9007199254740993", "0999-02-28", "1999-12-31T23:59:59.999Z", "true", "-plain"],
    ["Jug", "010", "12345678901234567890.1", "-5", "2024-02-29", "2026-03-01T00:00:00.000Z", "false", "+a\\b"],
]
HEADER = ["name", "sku", "price", "stock", "listed", "sold", "active", "note"]


def export(rowmill: Rowmill, dataset: str, headers: dict[str, str] | None = None, **parameters: Any) -> httpx.Response:
    with rowmill.readers as http:
        return http.get(f"/api/datasets/{dataset}/export", params=parameters, headers=headers)


def records(response: httpx.Response) -> list[list[str]]:
    assert response.status_code in (200, 206), response.text
    return list(csv.reader(io.StringIO(response.content.decode(), newline="")))


def test_csv_gives_the_file_back_and_what_a_search_finds(rowmill: Rowmill) -> None:
    rowmill.load(GOODS.encode(), dataset="goods")
    assert records(export(rowmill, "goods")) == [HEADER, *ROWS]
    cheap_first = records(export(rowmill, "goods", sort="-price", fields="sku,price", filter="price:exists"))
    assert cheap_first == [["sku", "price"], ["010", "12345678901234567890.1"], ["007", "19.90"], ["008", "4.5"]]
    assert records(export(rowmill, "goods", q='lid OR "café cup"', fields="name")) == [["name"], ["Teapot"], ["Café cup"]]
    assert records(export(rowmill, "goods", filter="note:eq:it's $1 \\ none")) == [HEADER]


def test_safe_csv_holds_no_formulas_but_all_numbers(rowmill: Rowmill) -> None:
    rowmill.load(b'=name,stock,text\n@a,-5,-x\nplain,3,"\tb"\n', dataset="formulas")
    assert records(export(rowmill, "formulas", safe=True)) == [
        ["'=name", "stock", "text"],
        ["'@a", "-5", "'-x"],
        ["plain", "3", "'\tb"],
    ]
    assert export(rowmill, "formulas", safe=True, format="ndjson").json()["type"] == "urn:rowmill:problem:bad-export"


def test_ndjson_has_every_digit(rowmill: Rowmill) -> None:
    rowmill.load(GOODS.encode(), dataset="lines")
    lines = export(rowmill, "lines", format="ndjson").text.splitlines()
    assert [list(json.loads(line)) for line in lines] == [HEADER] * 4
    assert [json.loads(line, parse_float=str)["price"] for line in lines] == ["19.90", "4.5", None, "12345678901234567890.1"]
    assert json.loads(lines[0])["note"] == 'Glazed, blue\nwith a "lid"'
    assert [json.loads(line) for line in export(rowmill, "lines", format="ndjson", fields="stock,name").text.splitlines()][1] == {
        "stock": None,
        "name": "Café cup",
    }


def test_parquet_and_arrow_have_types(rowmill: Rowmill) -> None:
    rowmill.load(GOODS.encode(), dataset="frames")
    for format, read in (("parquet", pl.read_parquet), ("arrow", pl.read_ipc)):
        answer = export(rowmill, "frames", format=format)
        assert answer.status_code == 200, answer.text
        frame = read(io.BytesIO(answer.content))
        assert dict(frame.schema) == {
            "name": pl.String,
            "sku": pl.String,
            "price": pl.Decimal(38, 2),
            "stock": pl.Int64,
            "listed": pl.Date,
            "sold": pl.Datetime("us"),
            "active": pl.Boolean,
            "note": pl.String,
        }
        assert frame["price"].to_list() == [Decimal("19.90"), Decimal("4.5"), None, Decimal("12345678901234567890.1")]
        assert frame["stock"].to_list() == [3, None, 9007199254740993, -5]
        assert frame["listed"].to_list()[2:] == [date(999, 2, 28), date(2024, 2, 29)]
        assert frame["sold"].to_list()[:2] == [datetime(2026, 1, 31, 10, 20, 30, 120_000), None]
        assert frame["active"].to_list() == [True, False, True, False]
        assert frame["note"].to_list() == [row[-1] for row in ROWS]
        some = read(io.BytesIO(export(rowmill, "frames", format=format, filter="stock:gt:0", fields="stock", sort="-stock").content))
        assert some["stock"].to_list() == [9007199254740993, 3]


def test_a_workbook_has_texts_as_texts_and_numbers_as_numbers(rowmill: Rowmill) -> None:
    rowmill.load(GOODS.encode(), dataset="sheets")
    answer = export(rowmill, "sheets", format="xlsx")
    assert answer.status_code == 200, answer.text
    header, *cells = openpyxl.load_workbook(io.BytesIO(answer.content)).active.iter_rows()
    assert [cell.value for cell in header] == HEADER
    rows = [[cell.value for cell in row] for row in cells]
    assert [row[1] for row in rows] == ["007", "008", "009", "010"]
    assert [row[2] for row in rows] == [19.9, 4.5, None, "12345678901234567890.1"]
    assert [row[3] for row in rows] == [3, None, "9007199254740993", -5]
    assert rows[0][4] == datetime(2026, 1, 31) and rows[2][4] == "0999-02-28"
    assert rows[0][5] == datetime(2026, 1, 31, 10, 20, 30, 120_000)
    assert [row[6] for row in rows] == [True, False, True, False]
    assert [row[7] for row in rows] == [row[-1] for row in ROWS]
    assert {cell.data_type for row in cells for cell in row[7:]} == {"s"}  # `=1+1` is no formula
    some = openpyxl.load_workbook(io.BytesIO(export(rowmill, "sheets", format="xlsx", q="teapot", fields="sku").content)).active
    assert [[cell.value for cell in row] for row in some.iter_rows()] == [["sku"], ["007"]]


def test_a_list_in_json_is_the_lines_of_ndjson(rowmill: Rowmill) -> None:
    rowmill.load(GOODS.encode(), dataset="listed-json")
    answer = export(rowmill, "listed-json", format="json")
    assert answer.headers["content-type"].startswith("application/json")
    lines = export(rowmill, "listed-json", format="ndjson").text.splitlines()
    assert answer.text == "[\n" + ",\n".join(lines) + "\n]\n"
    assert json.loads(answer.text) == [json.loads(line) for line in lines]
    by_accept = export(rowmill, "listed-json", headers={"accept": "application/json"})
    assert by_accept.text == answer.text


def test_what_a_sheet_has_no_room_for_is_refused(rowmill: Rowmill) -> None:
    rowmill.load(b"a,b\n1," + b"x" * 40_000 + b"\n2,y\n", dataset="long-cells")
    answer = export(rowmill, "long-cells", format="xlsx")
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:rowmill:problem:no-room-in-sheet")
    assert "column b" in answer.json()["detail"] and "32,767" in answer.json()["detail"]
    assert export(rowmill, "long-cells", format="xlsx", fields="a").status_code == 200


def test_decimals_too_long_for_decimal128_are_text_in_frames(rowmill: Rowmill) -> None:
    long = "1234567890123456789012345678901234567890.5"
    rowmill.load(f"d\n{long}\n\n0.25\n".encode(), dataset="long-decimals")
    frame = pl.read_parquet(io.BytesIO(export(rowmill, "long-decimals", format="parquet").content))
    assert frame["d"].to_list() == [long, "0.25"]


def test_nothing_found_is_an_empty_file_of_each_format(rowmill: Rowmill) -> None:
    rowmill.load(b"a,b\n1,x\n", dataset="none-found")
    nothing: dict[str, Any] = {"filter": "a:gt:5"}
    assert export(rowmill, "none-found", **nothing).text == "a,b\n"
    assert export(rowmill, "none-found", format="ndjson", **nothing).text == ""
    assert export(rowmill, "none-found", format="json", **nothing).text == "[]\n"
    empty = openpyxl.load_workbook(io.BytesIO(export(rowmill, "none-found", format="xlsx", **nothing).content)).active
    assert [[cell.value for cell in row] for row in empty.iter_rows()] == [["a", "b"]]
    assert pl.read_parquet(io.BytesIO(export(rowmill, "none-found", format="parquet", **nothing).content)).schema == {
        "a": pl.Int64,
        "b": pl.String,
    }
    assert pl.read_ipc(io.BytesIO(export(rowmill, "none-found", format="arrow", **nothing).content)).height == 0


@pytest.mark.long
def test_a_broken_download_goes_on_where_it_stopped(rowmill: Rowmill) -> None:
    text = "number,word\n" + "".join(f"{number},word{number}\n" for number in range(50_000))
    rowmill.load(text.encode(), dataset="resumed")
    for format in ("csv", "ndjson", "json", "parquet", "arrow"):
        whole = export(rowmill, "resumed", format=format)
        tag = whole.headers["etag"]
        assert whole.headers["accept-ranges"] == "bytes"
        cut = len(whole.content) // 3
        rest = export(rowmill, "resumed", format=format, headers={"Range": f"bytes={cut}-", "If-Range": tag})
        assert rest.status_code == 206
        assert rest.headers["content-range"] == f"bytes {cut}-{len(whole.content) - 1}/{len(whole.content)}"
        assert whole.content[:cut] + rest.content == whole.content
        assert export(rowmill, "resumed", format=format, headers={"Range": "bytes=-7"}).content == whole.content[-7:]
        assert export(rowmill, "resumed", format=format, headers={"Range": "bytes=5-5"}).content == whole.content[5:6]
        other = export(rowmill, "resumed", format=format, headers={"Range": f"bytes={cut}-", "If-Range": '"another"'})
        assert (other.status_code, other.content) == (200, whole.content)
        beyond = export(rowmill, "resumed", format=format, headers={"Range": "bytes=99999999-"})
        assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(whole.content)}")
    workbook = export(rowmill, "resumed", format="xlsx", headers={"Range": "bytes=0-9"})
    assert (workbook.status_code, workbook.headers["accept-ranges"]) == (200, "none")


def test_parquet_is_scanned_where_it_lies(rowmill: Rowmill) -> None:
    """By a program that asks for the length, then for the end of the file, then for the columns it needs."""
    rowmill.load(b"n,word\n" + b"".join(b"%d,word%d\n" % (n, n) for n in range(30_000)), dataset="scanned")
    address = f"{rowmill.readers.base_url}/api/datasets/scanned/export?format=parquet".replace("//api", "/api")
    with rowmill.readers as http:
        head = http.head(address)
        assert int(head.headers["content-length"]) == len(export(rowmill, "scanned", format="parquet").content)
    if not keyed.AUTHORIZED:  # polars sends no key
        frame = pl.scan_parquet(address).filter(pl.col("n") >= 29_998).select("word")
        assert frame.collect()["word"].to_list() == ["word29998", "word29999"]


def test_a_wide_file_comes_back_in_every_format(rowmill: Rowmill) -> None:
    names = [f"c{place}" for place in range(1_700)]
    cells = ["" if place % 7 == 0 else f"{place}.50" if place % 3 else f"w{place}" for place in range(1_700)]
    rowmill.load(f"{','.join(names)}\n{','.join(cells)}\n".encode(), dataset="wide-export")
    assert records(export(rowmill, "wide-export")) == [names, cells]
    assert records(export(rowmill, "wide-export", fields="c4,c3,c0")) == [["c4", "c3", "c0"], ["4.50", "w3", ""]]
    assert export(rowmill, "wide-export", format="ndjson", fields="c4,c3,c0").text == '{"c4":4.50,"c3":"w3","c0":null}\n'
    frame = pl.read_parquet(io.BytesIO(export(rowmill, "wide-export", format="parquet").content))
    assert (frame.width, frame["c4"].to_list(), frame["c3"].to_list(), frame["c0"].to_list()) == (1_700, [Decimal("4.50")], ["w3"], [None])


@pytest.mark.long
def test_an_export_comes_in_parts_that_are_all_of_one_version(rowmill: Rowmill) -> None:
    lines = [f"{number},{number % 3}" for number in range(1000)]
    rowmill.load("\n".join(["n,third", *lines[:600]]).encode(), dataset="in-parts")
    rowmill.load("\n".join(["n,third", *lines[600:]]).encode(), dataset="in-parts")
    listed = export(rowmill, "in-parts", parts=7, format="parquet", filter="third:eq:0", fields="n").json()
    rowmill.load(b"n,third\n5000,0\n", dataset="in-parts")  # afterwards: the parts are of the version before
    assert (listed["version"], len(listed["parts"]), sum(part["rows"] for part in listed["parts"])) == (2, 7, 1000)
    assert {part["rows"] for part in listed["parts"]} == {142, 143}
    with rowmill.readers as http:
        frames = [pl.read_parquet(io.BytesIO(http.get(part["url"]).content)) for part in listed["parts"]]
        assert pl.concat(frames)["n"].to_list() == list(range(0, 1000, 3))
        some = http.get("/api/datasets/in-parts/export", params={"parts": 3, "version": 1}).json()["parts"]
        assert "".join(http.get(part["url"]).text.split("\n", 1)[1] for part in some).splitlines() == lines[:600]
    assert len(export(rowmill, "in-parts", parts=1000, version=1).json()["parts"]) == 600  # none of them is empty
    assert export(rowmill, "in-parts", parts=2, sort="n").json()["type"] == "urn:rowmill:problem:bad-export"


def test_a_wrong_export_says_what_is_wrong(rowmill: Rowmill) -> None:
    rowmill.load(b"a\n1\n", dataset="wrong-export")
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"format": "docx"}, "bad-request"),
        ({"fields": "b"}, "unknown-column"),
        ({"fields": "a,a"}, "bad-fields"),
        ({"sort": "b"}, "unknown-column"),
        ({"q": '"open'}, "query-syntax"),
    ]
    for parameters, problem in wrong:
        answer = export(rowmill, "wrong-export", **parameters)
        assert (answer.status_code, answer.json()["type"]) == (400, f"urn:rowmill:problem:{problem}"), parameters
    assert export(rowmill, "wrong-export", version=7).status_code == 404


@pytest.mark.long
def test_readers_who_leave_early_hold_nothing(rowmill: Rowmill) -> None:
    """More of them than there are places, in each format; every one of them is gone before the end."""
    text = "n,word\n" + "".join(f"{number},{'word' * 200}\n" for number in range(6_000))
    rowmill.load(text.encode(), dataset="left")
    with rowmill.readers as http:
        for format in ("csv", "ndjson", "parquet"):

            def begins(format: str = format) -> bool:
                with http.stream("GET", "/api/datasets/left/export", params={"format": format}) as answer:
                    return answer.status_code == 200 and next(answer.iter_raw(100)) != b""

            for _ in range(8):
                wait_for(begins, 30, f"there is a place for one more {format}")
    assert len(records(export(rowmill, "left"))) == 6_001
    assert rowmill.rows("left", limit=1)["rows"]


@pytest.mark.long
def test_an_export_that_breaks_is_never_taken_for_a_whole_one(rowmill: Rowmill) -> None:
    """Its connection is cut in the middle, as by a restart of PostgreSQL."""
    text = "n,word\n" + "".join(f"{number},{'word' * 900}\n" for number in range(25_000))
    rowmill.load(text.encode(), dataset="cut")
    for format in ("csv", "ndjson", "parquet"):
        with (
            pytest.raises(httpx.TransportError),
            rowmill.readers as http,
            http.stream("GET", "/api/datasets/cut/export", params={"format": format, "sort": "-word,-n"}) as answer,
        ):
            blocks = answer.iter_raw(1000)
            assert next(blocks)
            wait_for(lambda: cut_copies(rowmill) > 0, 30, "the copy was cut")
            for _ in blocks:
                pass


def cut_copies(rowmill: Rowmill) -> int:
    """How many connections that send an export of this Rowmill were cut."""

    async def cut() -> int:
        connection = await asyncpg.connect(postgres_of(rowmill))
        statement = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY (SELECT%'"
        found = await connection.fetchval(statement + " AND state = 'active'")
        await connection.close()
        return int(found)

    return asyncio.run(cut())


def postgres_of(rowmill: Rowmill) -> str:
    url = rowmill.environment.get("ROWMILL_POSTGRES_URL")
    return url or start_embedded(Path(rowmill.environment["ROWMILL_HOME"]))
