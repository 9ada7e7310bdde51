"""What is decided about a file's encoding, columns and types, and whether it is published: right, or told."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.flows.deciding import Outcome, Table, contents, give, new_dataset
from tests.flows.pods import Rowmill


def after(rowmill: Rowmill, first: bytes, second: bytes, given: Mapping[str, Any] | None = None, **options: Any) -> Outcome:
    """What the second file makes of the dataset that the first one made (with the options `given`)."""
    dataset = new_dataset()
    made = give(rowmill, first, dataset=dataset, **(given or {}))
    assert made.state == "COMPLETE", made
    return give(rowmill, second, dataset=dataset, **options)


def by_title(outcome: Outcome) -> list[dict[str, str]]:
    return [dict(zip(outcome.titles, row, strict=True)) for row in outcome.rows]


# --- encoding


def test_one_stray_byte_rejects_its_record_alone(embedded_rowmill: Rowmill) -> None:
    body = b"id,name\n" + 60_000 * "1,Zoë Müller\n".encode() + b"2,Caf\xe9\n"
    outcome = give(embedded_rowmill, body)
    assert (outcome.upload["rows"], outcome.upload["rejects"]) == (60_000, 1), outcome.upload
    assert outcome.rows[0] == ["1", "Zoë Müller"]
    assert outcome.upload["dialect"]["encoding"] == "utf-8"


def test_a_stray_byte_in_the_middle_too(embedded_rowmill: Rowmill) -> None:
    body = b"id,name\n" + 300 * "1,Zoë Müller\n".encode() + b"2,Caf\xe9\n" + 300 * "1,Zoë Müller\n".encode()
    for value, rows in (("reject", 600), ("replace", 601), ("latin-1", 601)):
        outcome = give(embedded_rowmill, body, encoding_errors=value)
        assert outcome.upload["rows"] == rows, outcome.upload
        assert outcome.rows[0] == ["1", "Zoë Müller"]
        if value == "latin-1":
            assert ["2", "Café"] in outcome.rows


def test_ascii_with_stray_bytes_is_no_cyrillic(embedded_rowmill: Rowmill) -> None:
    outcome = give(embedded_rowmill, b"id,name\n1,plain\n2,x\xff\xfey\n3,also\n")
    assert ["1", "plain"] in outcome.rows and ["3", "also"] in outcome.rows, outcome
    assert outcome.is_told or outcome.upload["rejects"] == 1, outcome


def test_a_stated_charset_is_obeyed(embedded_rowmill: Rowmill) -> None:
    body = b"id,name\n1,\xcc\xee\xf1\xea\xe2\xe0\n"
    outcome = give(embedded_rowmill, body, headers={"Content-Type": "text/csv; charset=windows-1251"})
    assert outcome.rows == [["1", "Москва"]], outcome
    absent = give(embedded_rowmill, b"a,b\n1,2\n", headers={"Content-Type": "text/csv; header=absent"})
    assert len(absent.rows) == 2, absent


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("id,név\n1,győztes\n2,tűzoltó\n3,kőműves\n4,fűrész\n5,hűtő\n6,szőlő\n", "cp1250"),
        ("id,ad\n1,Işık\n2,Şükrü\n3,Ağaç\n4,Çığ\n5,İzmir\n6,ısırgan\n", "cp1254"),
        ("id,vardas\n1,Žąsis\n2,Ūkis\n3,Šėšėlis\n4,Įmonė\n5,Ęęė\n6,Ąžuolas\n", "cp1257"),
        ("id,שם\n1,שלום\n2,ירושלים\n3,חיפה\n4,אילת\n5,תל אביב\n6,עכו\n", "cp1255"),
    ],
)
def test_a_guess_of_the_encoding_is_right_or_told(embedded_rowmill: Rowmill, text: str, encoding: str) -> None:
    outcome = give(embedded_rowmill, text.encode(encoding))
    right = [line.split(",") for line in text.splitlines()[1:]]
    assert outcome.rows == right or outcome.is_told, outcome


# --- columns


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("имя,город\nИван,Казань\n", "город,имя\nОмск,Пётр\n", {"имя": "Пётр", "город": "Омск"}),
        ("id,%,€\n1,5,6\n", "id,€,%\n2,7,8\n", {"id": "2", "%": "8", "€": "7"}),
        (
            "Symbol,Change,Change %\nAAA,1.5,0.8\n",
            "Symbol,Change %,Change\nBBB,2.1,7.25\n",
            {"Symbol": "BBB", "Change": "7.25", "Change %": "2.1"},
        ),
        ("x,Price,Price €\na,1,2\n", "x,Price €,Price\nb,3,4\n", {"x": "b", "Price": "4", "Price €": "3"}),
        (
            f"id,{'a' * 70}1,{'a' * 70}2\n1,one,two\n",
            f"id,{'a' * 70}2,{'a' * 70}1\n2,zwei,eins\n",
            {"id": "2", f"{'a' * 70}1": "eins", f"{'a' * 70}2": "zwei"},
        ),
        ("id,full name,full_name\n1,a,b\n", "id,full_name,full name\n2,c,d\n", {"id": "2", "full name": "d", "full_name": "c"}),
        ("Id,Größe,Alter\n1,5,6\n", " alter,GRO\u0308ßE,id\n7,8,2\n", {"Id": "2", "Größe": "8", "Alter": "7"}),
        ("日期,名称\n1,a\n", "名称,日期\nb,2\n", {"日期": "2", "名称": "b"}),
    ],
)
def test_columns_are_matched_by_title(embedded_rowmill: Rowmill, first: str, second: str, expected: dict[str, str]) -> None:
    outcome = after(embedded_rowmill, first.encode(), second.encode())
    assert outcome.state == "COMPLETE", outcome
    assert by_title(outcome)[1] == expected


def test_no_known_column_stops(embedded_rowmill: Rowmill) -> None:
    files = "编号,名称\n1,北京\n".encode(), "价格,数量\n9,8\n".encode()
    stopped = after(embedded_rowmill, *files)
    assert stopped.state == "FAILED", stopped
    assert len(stopped.rows) == 1
    passed = after(embedded_rowmill, *files, columns="any")
    assert by_title(passed)[1] == {"编号": "", "名称": "", "价格": "9", "数量": "8"}, passed


def test_the_key_is_the_column_of_that_title(embedded_rowmill: Rowmill) -> None:
    outcome = after(embedded_rowmill, b"ID,id #,v\n1,900,a\n", b"id #,ID,v\n900,1,z\n", mode="upsert", key="ID")
    assert by_title(outcome) == [{"ID": "1", "id #": "900", "v": "z"}], outcome


def test_a_headerless_file(embedded_rowmill: Rowmill) -> None:
    outcome = after(embedded_rowmill, b"sku,name,price\na,Pen,1.5\n", b"b,Cup,2.5\n", header="false", names="sku,name,price")
    assert by_title(outcome)[1] == {"sku": "b", "name": "Cup", "price": "2.5"}, outcome
    by_position = after(embedded_rowmill, b"sku,name,price\na,Pen,1.5\n", b"b,Cup,2.5\nc,Bag,3.5\n", header="false")
    assert by_position.state == "FAILED" or (len(by_position.titles) == 3 and by_position.is_told), by_position


def test_datasets_named_after_files_of_any_script(embedded_rowmill: Rowmill) -> None:
    names = set()
    for file_name in ("日本.csv", "中国.csv", "Отчёт.csv", "Report v1.2.csv", "Report v1.3.csv"):
        with embedded_rowmill.uploads as http:
            answer = http.post("/api/uploads", params={"file_name": file_name}, content=b"a,b\n1,2\n")
        assert answer.status_code in (202, 400), answer.text
        names.add(answer.json().get("dataset", file_name))
    assert len(names) == 5


@pytest.mark.parametrize("title", ["ctid", "xmin", "cmax", "tableoid", "_row", "_from", "oid", "xmax", "cmin"])
def test_names_of_the_system_are_no_danger(embedded_rowmill: Rowmill, title: str) -> None:
    outcome = after(embedded_rowmill, b"a,b\n1,2\n", f"a,{title}\n3,4\n".encode())
    assert (outcome.state, by_title(outcome)[1][title]) == ("COMPLETE", "4"), outcome


# --- types


def test_a_declared_text_is_never_read_as_a_number(embedded_rowmill: Rowmill) -> None:
    outcome = after(embedded_rowmill, b"zip\n10115\n", b"zip\n01067\n", types="zip:text")
    assert outcome.state != "COMPLETE" or ["01067"] in outcome.rows, outcome
    upserted = after(embedded_rowmill, b"sku,v\n7,old\n", b"sku,v\n007,new\n", mode="upsert", key="sku", types="sku:text")
    assert upserted.state != "COMPLETE" or upserted.rows == [["7", "old"], ["007", "new"]], upserted
    boolean = after(embedded_rowmill, b"b\ntrue\n", b"b\nyes\n", types="b:text")
    assert boolean.state != "COMPLETE" or boolean.rows == [["true"], ["yes"]], boolean


def test_dots_of_thousands_are_no_decimal_points(embedded_rowmill: Rowmill) -> None:
    outcome = give(embedded_rowmill, b"Land;Einwohner;Quote\nA;83.200;0,5\nB;9.100;1,25\nC;450;2,0\n")
    with embedded_rowmill.readers as http:
        columns = {column["title"]: column["type"] for column in http.get(f"/api/datasets/{outcome.upload['dataset']}").json()["columns"]}
    assert columns["Einwohner"] == "text" and outcome.suggestions, outcome


@pytest.mark.parametrize("mode", ["append", "replace"])
def test_a_declared_format_is_remembered(embedded_rowmill: Rowmill, mode: str) -> None:
    outcome = after(embedded_rowmill, b"a;p\nx;1.250,5\n", b"a;p\ny;2.500\n", {"types": "p:decimal(1.234,56)"}, mode=mode)
    with embedded_rowmill.readers as http:
        found = http.get(f"/api/datasets/{outcome.upload['dataset']}/rows", params={"filter": "p:eq:2500"}).json()
    assert found["total"]["value"] == 1, outcome


def test_a_column_without_values_is_undecided(embedded_rowmill: Rowmill) -> None:
    outcome = after(embedded_rowmill, b"a,n\nx,\n", b"a,n\ny,5\nz,10\n")
    with embedded_rowmill.readers as http:
        found = http.get(f"/api/datasets/{outcome.upload['dataset']}/rows", params={"filter": "n:gt:6"}).json()
    assert found["total"]["value"] == 1, outcome


SUGGESTED: list[tuple[str, list[str]]] = [
    ("german decimals", ["1.234,50", "2,75", "12,00"]),
    ("german dates", ["03.11.2026", "24.12.2026", "01.01.2027"]),
    ("american dates", ["1/2/2026", "12/31/2026", "3/4/2026"]),
    ("exponents", ["1e-05", "2.5e3", "3e10"]),
    ("capital booleans", ["TRUE", "FALSE", "TRUE"]),
    ("null texts among numbers", ["1", "N/A", "3"]),
    ("times without seconds", ["2026-01-02 10:11", "2026-01-03 11:12", "2026-01-04 12:13"]),
]


@pytest.mark.parametrize("values", [values for _, values in SUGGESTED], ids=[name for name, _ in SUGGESTED])
def test_a_format_that_could_be_meant_is_suggested_and_can_be_taken(embedded_rowmill: Rowmill, values: list[str]) -> None:
    body = "\n".join(["id;v", *(f"{number};{value}" for number, value in enumerate(values))]).encode()
    outcome = give(embedded_rowmill, body)
    assert [row[1] for row in outcome.rows] == values, "nothing is converted without being asked"
    assert outcome.suggestions, outcome
    option, value = outcome.suggestions[0]
    taken = give(embedded_rowmill, body, **{option: value})
    assert (taken.state, taken.upload["rejects"]) == ("COMPLETE", 0), taken
    with embedded_rowmill.readers as http:
        columns = {column["title"]: column["type"] for column in http.get(f"/api/datasets/{taken.upload['dataset']}").json()["columns"]}
    assert columns["v"] != "text", columns


@pytest.mark.parametrize(
    ("declared", "values"),
    [
        ("percent", ["12.5%", "3%"]),
        ("currency", ["$1,234.00", "$5.50"]),
        ("currency", ["15,10 €", "1.234,00 €"]),
        ("parentheses", ["(250.00)", "12.00"]),
        ("trailing minus", ["300,00-", "12,50"]),
        ("zones", ["2026-01-02T10:11:12+02:00", "2026-01-02T10:11:12+0000"]),
    ],
)
def test_formats_of_accounts_can_be_declared(embedded_rowmill: Rowmill, declared: str, values: list[str]) -> None:
    """By the option that the finding suggests, so that nobody has to know how it is called."""
    body = "\n".join(["id;v", *(f"{number};{value}" for number, value in enumerate(values))]).encode()
    outcome = give(embedded_rowmill, body)
    if all(option != "types" for option, _ in outcome.suggestions):
        with embedded_rowmill.readers as http:
            columns = {c["title"]: c["type"] for c in http.get(f"/api/datasets/{outcome.upload['dataset']}").json()["columns"]}
        assert columns["v"] == "timestamp", f"{declared}: {outcome}"
        return
    value = next(value for option, value in outcome.suggestions if option == "types")
    taken = give(embedded_rowmill, body, types=value)
    assert (taken.state, taken.upload["rejects"]) == ("COMPLETE", 0), taken


def test_a_list_of_null_texts(embedded_rowmill: Rowmill) -> None:
    outcome = give(embedded_rowmill, b"id,v\n1,NULL\n2,N/A\n3,-\n4,5\n", null="NULL,N/A,-")
    assert [row[1] for row in outcome.rows] == ["", "", "", "5"], outcome


# --- whether to publish

GOOD = b"sku,name\n" + b"".join(b"%d,item %d\n" % (number, number) for number in range(100))


def test_a_replace_of_rejects_leaves_the_version_before(embedded_rowmill: Rowmill) -> None:
    broken = b"sku,name\n" + b"".join(b"%d,item,%d,too,many\n" % (number, number) for number in range(100))
    outcome = after(embedded_rowmill, GOOD, broken, mode="replace", header="true", delimiter=",")
    assert len(outcome.rows) == 100, outcome
    assert outcome.state == "FAILED" or outcome.is_told, outcome


NO_CSV = [
    b"<!DOCTYPE html>\n<html><body><h1>Log in</h1></body></html>\n",
    b"\n  <html>\n<head><title>x</title></head></html>",
    b'<?xml version="1.0"?>\n<rows><row a="1"/></rows>\n',
    b"-- dump\nCREATE TABLE t (id int, n text);\nINSERT INTO t VALUES (1,'a');\nINSERT INTO t VALUES (2,'b');\n",
    b'<html xmlns:x="urn:schemas-microsoft-com:office:excel">\n<table><tr><td>1</td></tr></table></html>\n',
]
# Tables, though of other things than what is there.
FOREIGN_TABLES = [b'[{"a": 1, "b": 2},\n {"a": 3, "b": 4}]\n', b'{"a": 1, "b": 2}\n{"a": 3, "b": 4}\n', b'{"rows": [1, 2, 3]}']


@pytest.mark.parametrize("body", NO_CSV)
def test_what_is_no_csv_is_named(embedded_rowmill: Rowmill, body: bytes) -> None:
    dataset = new_dataset()
    assert give(embedded_rowmill, GOOD, dataset=dataset).state == "COMPLETE"
    outcome = give(embedded_rowmill, body, dataset=dataset, mode="replace")
    assert outcome.status == 415, outcome
    assert len(contents(embedded_rowmill, dataset)[1]) == 100


@pytest.mark.parametrize("body", FOREIGN_TABLES)
def test_a_table_of_something_else_does_not_replace_what_is_there(embedded_rowmill: Rowmill, body: bytes) -> None:
    dataset = new_dataset()
    assert give(embedded_rowmill, GOOD, dataset=dataset).state == "COMPLETE"
    outcome = give(embedded_rowmill, body, dataset=dataset, mode="replace")
    assert outcome.state == "FAILED", outcome
    assert len(contents(embedded_rowmill, dataset)[1]) == 100


def test_a_file_much_smaller_than_before_stops(embedded_rowmill: Rowmill) -> None:
    stopped = after(embedded_rowmill, GOOD, b"sku,name\n1,one\n2,two\n", mode="replace")
    assert (stopped.state, len(stopped.rows)) == ("FAILED", 100), stopped
    allowed = after(embedded_rowmill, GOOD, b"sku,name\n1,one\n2,two\n", mode="replace", shrink="allow")
    assert (allowed.state, len(allowed.rows)) == ("COMPLETE", 2), allowed


def test_nothing_in_common_stops_a_replace(embedded_rowmill: Rowmill) -> None:
    other = GOOD.replace(b"sku,name", b"town,mayor")
    assert after(embedded_rowmill, GOOD, other, mode="replace").state == "FAILED"


def test_nothing_today(embedded_rowmill: Rowmill) -> None:
    refused = after(embedded_rowmill, GOOD, b"sku,name\n", mode="replace")
    assert "empty=true" in refused.problem or "empty=true" in str(refused.upload.get("error")), refused
    emptied = after(embedded_rowmill, GOOD, b"sku,name\n", mode="replace", empty="true")
    assert (emptied.state, emptied.rows) == ("COMPLETE", []), emptied


def test_upsert_keeps_what_the_file_does_not_have(embedded_rowmill: Rowmill) -> None:
    first, second = b"sku,name,price,stock\na,Pen,1.5,7\nb,Cup,2.5,8\n", b"sku,price\nb,3.5\nc,4.5\n"
    kept = after(embedded_rowmill, first, second, mode="upsert", key="sku")
    rows: Table = [["a", "Pen", "1.5", "7"], ["b", "Cup", "3.5", "8"], ["c", "", "4.5", ""]]
    assert sorted(kept.rows) == rows, kept
    null = after(embedded_rowmill, first, second, mode="upsert", key="sku", missing="null")
    assert ["b", "", "3.5", ""] in null.rows, null
    embedded_rowmill.verify(str(kept.upload["dataset"]))


def test_replace_with_a_key_tells_what_changed(rowmill: Rowmill) -> None:
    outcome = after(rowmill, b"sku,v\na,1\nb,2\nc,3\n", b"sku,v\na,1\nb,9\nd,4\n", mode="replace", key="sku")
    counts = {name: outcome.upload.get(name) for name in ("inserted", "updated", "unchanged", "removed")}
    assert counts == {"inserted": 1, "updated": 1, "unchanged": 1, "removed": 1}, outcome


def test_the_same_file_again_is_told(embedded_rowmill: Rowmill) -> None:
    assert "warning" in after(embedded_rowmill, GOOD, GOOD).levels


def test_a_doubtful_file_can_be_held(rowmill: Rowmill) -> None:
    held = after(rowmill, GOOD, GOOD, on_warning="hold")
    assert (held.state, len(held.rows)) == ("HELD", 100), held


# --- mistakes of the request


def test_mistakes_of_the_request_say_what_they_are(embedded_rowmill: Rowmill) -> None:
    form = give(embedded_rowmill, b"--X\r\n\r\na,b\r\n1,2\r\n--X--", headers={"Content-Type": "multipart/form-data"})
    assert (form.status, "boundary" in form.problem) == (400, True), form
    for encoding in ("deflate", "br"):
        assert give(embedded_rowmill, b"xxxx", headers={"Content-Encoding": encoding}).status == 415
    glued = give(embedded_rowmill, b"a,b1,23,4", headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert "--data-binary" in glued.problem, glued


@pytest.mark.parametrize(
    ("option", "value", "word"),
    [
        ("mode", "insert", "append"),
        ("header", "maybe", "yes"),
        ("types", "b:flot", "float"),
        ("key", "skuu", "sku"),
        ("delimeter", ",", "delimiter"),
    ],
)
def test_a_wrong_option_is_answered_with_the_right_ones(embedded_rowmill: Rowmill, option: str, value: str, word: str) -> None:
    options: dict[str, Any] = {option: value, **({"mode": "upsert"} if option == "key" else {})}
    outcome = give(embedded_rowmill, b"sku,b\n1,2\n", **options)
    assert outcome.status in (400, 422), outcome
    assert word in outcome.problem, outcome
