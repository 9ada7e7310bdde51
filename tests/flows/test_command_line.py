"""`rowmill` on a terminal and in scripts: what it prints, and what it ends with."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.flows.pods import Rowmill

ROOT = Path(__file__).parents[2]
TEXT = "name,price\n" + "".join(f"n{number},{number}.50\n" for number in range(100))


class CommandLine:
    def __init__(self, url: str) -> None:
        self._environment = {**os.environ, "ROWMILL_URL": url}

    def __call__(self, *arguments: str, ends_with: int = 0, stdin: str = "") -> str:
        done = subprocess.run(
            [sys.executable, "-m", "rowmill", *arguments],
            env=self._environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == ends_with, done.stdout + done.stderr
        assert not done.stdout or not ends_with or not done.stderr.startswith("Traceback")
        return done.stdout if ends_with == 0 else done.stdout + done.stderr

    def json(self, *arguments: str, **how: Any) -> list[Any]:
        return [json.loads(line) for line in self(*arguments, "--json", **how).splitlines()]


@pytest.fixture
def rowmill_does(embedded_rowmill: Rowmill) -> CommandLine:
    return CommandLine(embedded_rowmill.pods["all"].url)


def test_the_messy_file_of_the_readme(rowmill_does: CommandLine) -> None:
    """The README shows what is printed, but for the time that it took and the upload's id."""
    (shown,) = re.findall(r"\$ cat (samples/\S+)\n(.*?)\$ rowmill upload \1\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    file, content, printed = shown
    assert content == (ROOT / file).read_text()
    told = rowmill_does("upload", str(ROOT / file))
    told = re.sub(r"in \d+\.\d s", "in 0.2 s", re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "0198…", told))
    assert [line.rstrip() for line in told.splitlines()] == [line.rstrip() for line in printed.splitlines()], told


def test_from_a_file_to_rows(rowmill_does: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "Line Goods.csv"
    file.write_text(TEXT + "broken,1,2\n")
    told = rowmill_does("upload", str(file))
    assert "100 rows + 1 rejects" in told and "broken,1,2" in told
    (upload,) = rowmill_does.json("uploads", "--dataset", "line-goods")
    assert (upload["state"], upload["rows"]) == ("COMPLETE", 100)
    assert f"upload {upload['id']}" in told
    assert upload["id"] in rowmill_does("uploads")  # whole in a pipe
    assert "line-goods" in rowmill_does("datasets")
    (page,) = rowmill_does.json("search", "line-goods", "n77")
    assert [row["values"] for row in page["rows"]] == [{"name": "n77", "price": 77.5}]
    assert "n77" in rowmill_does("search", "line-goods", "n77", "--sort=-price", "--filter", "price:gt:70")
    (reject,) = rowmill_does.json("rejects", upload["id"])
    assert (reject["record"], reject["raw"].strip()) == (101, "broken,1,2")
    assert "too-many-fields" in rowmill_does("rejects", upload["id"]) or reject["reason"] in rowmill_does("rejects", upload["id"])
    assert [finding["code"] for finding in rowmill_does.json("findings", upload["id"])] == [each["code"] for each in upload["findings"]]


def test_versions_from_the_command_line(rowmill_does: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "acts.csv"
    file.write_text(TEXT)
    (held,) = rowmill_does.json("upload", str(file), "--dataset", "line-acts", "--hold")
    assert held["state"] == "HELD"
    assert f"{held['id']}" in rowmill_does("publish", held["id"])
    (second,) = rowmill_does.json("upload", "-", "--dataset=line-acts", "--file-name", "more.csv", stdin="name,price\nz,1.50\n")
    assert (second["state"], second["file_name"], second["version"]) == ("COMPLETE", "more.csv", 2)
    assert rowmill_does.json("undo", second["id"])[0]["state"] == "UNDONE"
    (third,) = rowmill_does.json("upload", str(file), "--dataset", "line-acts", "--option", "hold=true")
    assert rowmill_does.json("discard", third["id"])[0]["state"] == "DISCARDED"
    assert rowmill_does("remove", third["id"]) == ""
    rowmill_does.json("upload", str(file), "--dataset", "line-acts")
    (out_again,) = rowmill_does.json("remove", held["id"])
    assert (out_again["state"], out_again["removing"]) == ("UNDONE", False)


def test_several_files_and_their_options(rowmill_does: CommandLine, tmp_path: Path) -> None:
    files = [tmp_path / "one.csv", tmp_path / "two.csv"]
    for file in files:
        file.write_text("name;price\na;1\n")
    uploads = rowmill_does.json("upload", *map(str, files), "--dataset", "line-several", "--delimiter", ";", "--quote", "")
    assert [(upload["file_name"], upload["rows"]) for upload in uploads] == [("one.csv", 1), ("two.csv", 1)]


def test_a_preview_stores_nothing(rowmill_does: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "preview.csv"
    file.write_text("code\tname\n007\tBond\n")
    told = rowmill_does("preview", str(file))
    assert "code (text)" in told and "Bond" in told and "1 records in the file" in told
    assert rowmill_does.json("preview", str(file), "--no-header")[0]["records"] == 2
    assert rowmill_does.json("uploads", "--dataset", "preview") == []


def test_what_goes_wrong_is_one_sentence_and_a_number(rowmill_does: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text("a,b\n1,2\n1,2,3\n")
    assert "FAILED" in rowmill_does("upload", str(file), "--max-rejects", "0", ends_with=1)
    assert "There is no dataset" in rowmill_does("search", "no-such", ends_with=1)
    assert "no-option" in rowmill_does("upload", str(file), "--option", "no-option=1", ends_with=1)
    assert "NAME=VALUE" in rowmill_does("upload", str(file), "--option", "hold", ends_with=2)
    assert "There is no file" in rowmill_does("upload", str(tmp_path / "none.csv"), ends_with=2)
    assert "--skip" in rowmill_does("upload", str(file), "--skip", "many", ends_with=2)
    assert "does not answer" in rowmill_does("datasets", "--url", "http://127.0.0.1:9", ends_with=3)


def test_columns_get_other_types(rowmill_does: CommandLine, tmp_path: Path) -> None:
    file, name = tmp_path / "retyped.csv", "cli-retyped"
    file.write_text("plz;preis: netto;tag\n1067;1.234,50;03/11/2026 10:15\n10115;2,75;24/12/2026 11:20\n")
    rowmill_does("upload", str(file), "--dataset", name)
    wanted = ("plz:text", "preis: netto:decimal(1.234,56)", "tag:timestamp(%d/%m/%Y %H:%M)")
    (held,) = rowmill_does.json("retype", name, *wanted, "--hold")
    assert (held["state"], held["version"]) == ("HELD", 2)
    rowmill_does("publish", held["id"])
    (found,) = [dataset for dataset in rowmill_does.json("datasets") if dataset["name"] == name]
    assert found["version"] == 2
    (page,) = rowmill_does.json("search", name, "--filter", "preis_netto:gt:2", "--sort", "-preis_netto")
    assert [row["values"]["plz"] for row in page["rows"]] == ["1067", "10115"]
    assert "already" in rowmill_does("retype", name, "plz:text")
    assert "is no integer" in rowmill_does("retype", name, "tag:integer", ends_with=1)
    assert "COLUMN:TYPE" in rowmill_does("retype", name, "tag", ends_with=2)
    assert "COLUMN:TYPE" in rowmill_does("retype", name, ends_with=2)
    assert "flot" in rowmill_does("retype", name, "tag:flot", ends_with=1)


def test_guards_of_a_dataset_are_set_and_taken_away(rowmill_does: CommandLine, embedded_rowmill: Rowmill, tmp_path: Path) -> None:
    file = tmp_path / "guarded-rows.csv"
    file.write_text("sku,price\nT1,1.10\n")
    rowmill_does("upload", str(file))
    rowmill_does("change", "guarded-rows", "--guard", "max_rejects=5%", "--guard", "on_warning=hold")
    with embedded_rowmill.readers as http:
        assert http.get("/api/datasets/guarded-rows").json()["guards"] == {"max_rejects": "5%", "on_warning": "hold"}
    assert "max_rejects" in rowmill_does("change", "guarded-rows", "--guard", "max_rejects=few", ends_with=1)
    rowmill_does("change", "guarded-rows", "--guard", "none=")
    with embedded_rowmill.readers as http:
        assert http.get("/api/datasets/guarded-rows").json()["guards"] == {"max_rejects": "", "on_warning": "publish"}


def test_single_rows(rowmill_does: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "single-rows.csv"
    file.write_text("sku,price\nT1,1.10\n")
    rowmill_does("upload", str(file))
    assert "1 records = 1 rows" in rowmill_does("rows", "add", "single-rows", '{"sku": "T2", "price": 2.50}')
    (changed,) = rowmill_does.json(
        "rows", "change", "single-rows", "--key", "sku", stdin='[{"sku": "T1", "price": 3}, {"sku": "T9", "price": 1}]'
    )
    assert (changed["updated"], changed["missing"]) == (1, 1)
    assert "1 deleted, 0 missing" in rowmill_does("rows", "remove", "single-rows", '{"sku": "T2"}', "--key", "sku")
    assert "version 4, not at 1" in rowmill_does("rows", "add", "single-rows", "{}", "--version", "1", ends_with=1)
    assert [row["values"]["price"] for row in rowmill_does.json("search", "single-rows", "")[0]["rows"]] == [3]
