"""Every nasty file through the whole pipeline: export gives back the reference's records, in order, value for value."""

import csv
import io
from typing import Any

import pytest

from tests.flows.pods import Rowmill
from tests.nasty.corpus import NASTY, Nasty
from tests.unit.reference import read_reference

PARTS = 4


@pytest.mark.parametrize("part", range(PARTS))
def test_nasty_files_come_back_as_csv_reads_them(embedded_rowmill: Rowmill, part: int) -> None:
    """In parts of many files each: the uploads of a part run side by side, as different datasets never wait for each other."""
    come_back(embedded_rowmill, part)


@pytest.mark.stack
@pytest.mark.parametrize("part", [0, *(pytest.param(part, marks=pytest.mark.slow) for part in range(1, PARTS))])
def test_nasty_files_come_back_from_the_servers(distributed_rowmill: Rowmill, part: int) -> None:
    come_back(distributed_rowmill, part)


def come_back(rowmill: Rowmill, part: int) -> None:
    names = list(NASTY)[part::PARTS]
    uploads = {name: rowmill.upload(NASTY[name].data, dataset=f"nasty-{name}"[:60], **options(NASTY[name])) for name in names}
    for name, upload in uploads.items():
        done = rowmill.wait(upload)
        reference = read_reference(NASTY[name].text, NASTY[name].dialect, titles_of(rowmill, done))
        assert done["records"] == done["rows"] + done["rejects"] == reference.records, (name, done)
        assert done["state"] == "COMPLETE", (name, done)
        assert exported(rowmill, done["dataset"]) == [[cell or "" for cell in row] for row in reference.rows], name


def options(nasty: Nasty) -> dict[str, str]:
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in nasty.given.items()}


def titles_of(rowmill: Rowmill, upload: dict[str, Any]) -> list[str]:
    with rowmill.readers as http:
        columns = http.get(f"/api/datasets/{upload['dataset']}").json()["columns"]
    return [column["title"] for column in columns] + ["?"] * int(upload["dialect"]["left_out"])


def exported(rowmill: Rowmill, dataset: str) -> list[list[str]]:
    with rowmill.readers as http:
        content = http.get(f"/api/datasets/{dataset}/export").content.decode()
    return list(csv.reader(io.StringIO(content, newline="")))[1:]
