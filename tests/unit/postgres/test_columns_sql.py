"""SQL text for columns: literals, patterns, and the folding of cells into an array literal."""

import csv
import io

import pytest

from backbone.model import Column, Table
from backbone.postgres.columns_sql import array_literal, document_sql, quoted
from backbone.postgres.copied_lines import BLOCK_BYTES, LineBlocks
from backbone.postgres.predicates_sql import Parameters, after_sql, order_keys
from backbone.query.ast import Search
from backbone.types.datetime_formats import to_char_pattern
from backbone.types.sql_text import literal
from tests.contracts.cells_csv import fold_cells


def table(width: int) -> Table:
    return Table(id=7, columns=tuple(Column(name=f"c{place}", title="", type="text") for place in range(width)))


def test_quoting() -> None:
    assert quoted('a"b') == '"a""b"'
    assert literal("it's") == "'it''s'"
    assert literal("back\\slash's") == "E'back\\\\slash''s'"
    assert array_literal(["a", 'b"', "c\\"]) == 'E\'{"a","b\\\\"","c\\\\\\\\"}\'::text[]'


@pytest.mark.parametrize(
    ("strftime", "pattern"),
    [
        ("%d/%m/%Y", 'DD"/"MM"/"YYYY'),
        ("%Y-%m-%dT%H:%M:%S%.3fZ", 'YYYY"-"MM"-"DD"T"HH24":"MI":"SS"."FF3"Z"'),
        ("%I:%M %p", 'HH12":"MI" "AM'),
    ],
)
def test_patterns(strftime: str, pattern: str) -> None:
    assert to_char_pattern(strftime) == pattern


def test_only_wide_tables_bring_their_text() -> None:
    assert not table(200).is_wide
    assert table(201).is_wide
    assert "_text" in document_sql(table(201))
    assert "_text" not in document_sql(table(200))


@pytest.mark.parametrize(
    ("payload", "literals"),
    [
        (b"1,5,a,,b\n1,6,,,\n", ['{"a",NULL,"b"}', "{NULL,NULL,NULL}"]),
        (b'1,5,"a,""x""",\n', ['{"a,\\"x\\"",NULL}']),
        (b'1,5,"two\nlines","",\\\n', ['{"two\nlines","","\\\\"}']),
        (b'1,5,"{}\\"\r\n1,6,"b"', ['{"{}\\\\"}', '{"b"}']),
        (b"", []),
    ],
)
def test_cells_become_one_array_literal(payload: bytes, literals: list[str]) -> None:
    folded = list(csv.reader(io.StringIO(fold_cells(payload).decode(), newline="")))
    assert [record[2] for record in folded] == literals
    assert [record[1] for record in folded] == ["5", "6"][: len(literals)]


def test_lines_are_cut_into_whole_blocks() -> None:
    blocks = LineBlocks()
    assert blocks.add(b'{"a":"\\n"}\x01{"half') is None
    whole = blocks.add(b"x" * BLOCK_BYTES + b'"}\nrest')
    assert whole is not None
    assert whole.startswith(b'{"a":"\\n"}\x01{"half') and whole.endswith(b'x"}\n')
    assert blocks.rest() == b"rest"


def test_file_order_goes_to_its_place_by_the_index() -> None:
    """With `OR _row IS NULL` in it PostgreSQL would read the table from its start: page 5,000 at 15 times the price of page 1."""
    keys = order_keys(table(1), Search())
    assert after_sql(keys, (5,), Parameters(1)) == "((t._row > $2::text::bigint))"
    assert after_sql(keys, (5,), Parameters(1), backward=True) == "((t._row < $2::text::bigint))"
    assert [key.order_sql("_row", backward=True) for key in keys] == ["_row DESC"]
