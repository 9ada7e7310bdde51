"""What is wrong with the rows is found by the stored file's own titles and the upload's own declarations, whatever the catalog says."""

import json
from typing import Any

import pytest

from tests.flows.deciding import new_dataset
from tests.flows.pods import Rowmill
from tests.flows.test_verify import differences, sql, table_of

TOWNS = "имя,город,zip\n".encode() + "".join(f"и{number},г{number},0{number}\n" for number in range(1, 40)).encode()


@pytest.fixture
def towns(rowmill: Rowmill) -> tuple[Rowmill, str, str]:
    """A dataset of one file with a reject, its name, and its table's."""
    name = new_dataset()
    rowmill.load(TOWNS + b"x,y\xff,1\n", dataset=name)
    assert differences(rowmill, name, deep=True) == ""
    return rowmill, name, table_of(rowmill, name)


def columns_of(rowmill: Rowmill, dataset: str) -> list[dict[str, Any]]:
    return list(json.loads(sql(rowmill, f"SELECT columns FROM uploads WHERE dataset = '{dataset}'")[0][0]))


def test_a_changed_cell(towns: tuple[Rowmill, str, str]) -> None:
    rowmill, name, table = towns
    sql(rowmill, f"""UPDATE {table} SET zip = '7' WHERE zip = '07'""")
    assert '(record 7): column zip is "07" in the file, "7" in PostgreSQL' in differences(rowmill, name, deep=True)


def test_a_lost_row(towns: tuple[Rowmill, str, str]) -> None:
    rowmill, name, table = towns
    sql(rowmill, f"DELETE FROM {table} WHERE zip = '07'")
    assert "(record 7): the file has it, PostgreSQL does not" in differences(rowmill, name, deep=True)


@pytest.mark.parametrize("beyond", [0, 1])
def test_a_doubled_row(towns: tuple[Rowmill, str, str], beyond: int) -> None:
    """In the place of the reject, and behind all records."""
    rowmill, name, table = towns
    highest = f"(SELECT max(_row) FROM {table}) + 1 + {beyond}"
    sql(
        rowmill,
        f"INSERT INTO {table} (_from, _row, имя, город, zip) SELECT _from, {highest}, имя, город, zip FROM {table} WHERE zip = '07'",
    )
    assert f"(record {40 + beyond}): PostgreSQL has it, the file does not" in differences(rowmill, name, deep=True)


def test_swapped_columns(towns: tuple[Rowmill, str, str]) -> None:
    rowmill, name, table = towns
    sql(rowmill, f"UPDATE {table} SET имя = город, город = имя")
    told = differences(rowmill, name, deep=True)
    assert '(record 1): column имя is "и1" in the file, "г1" in PostgreSQL; column город is "г1" in the file, "и1" in PostgreSQL' in told


def test_columns_that_were_swapped_with_their_mapping(towns: tuple[Rowmill, str, str]) -> None:
    """As two columns that both became `column_1`: the rows and the catalog agree, and both are wrong."""
    rowmill, name, table = towns
    sql(rowmill, f"UPDATE {table} SET имя = город, город = имя")
    stored = columns_of(rowmill, name)
    stored[0]["name"], stored[1]["name"] = stored[1]["name"], stored[0]["name"]
    sql(rowmill, f"UPDATE uploads SET columns = '{json.dumps(stored)}' WHERE dataset = '{name}'")
    assert '(record 1): column имя is "и1" in the file, "г1" in PostgreSQL' in differences(rowmill, name, deep=True)


def test_a_declaration_that_was_not_obeyed(rowmill: Rowmill) -> None:
    """`zip:text` was declared; the table has numbers, and the catalog says that they were in the file."""
    name = new_dataset()
    rowmill.load(b"zip,n\n01067,1\n", dataset=name, types="zip:text")
    table = table_of(rowmill, name)
    sql(rowmill, f"ALTER TABLE {table} ALTER COLUMN zip TYPE bigint USING zip::bigint")
    for books, condition in (
        (f"uploads WHERE dataset = '{name}'", "uploads"),
        (f"row_tables WHERE id = {table.split('_')[1]}", "row_tables"),
    ):
        stored = json.loads(sql(rowmill, f"SELECT columns FROM {books}")[0][0])
        stored[0] |= {"type": "integer", "declared": None}
        sql(rowmill, f"UPDATE {condition} SET columns = '{json.dumps(stored)}' {books.partition(' ')[2]}")
    assert "types= declares zip as text, and the dataset has it as integer" in differences(rowmill, name, deep=True)
