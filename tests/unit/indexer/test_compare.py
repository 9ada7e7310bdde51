"""Rows against documents, counts against counts: what differs is said once and exactly, what does not is not."""

from collections.abc import AsyncIterator

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from backbone.catalog.inventory import gaps_between
from backbone.model import Column, StoredRow
from services.indexer.audit.compare import ChunkCounts, Lens, count_differences, differing, is_same, tell_rows

COLUMNS = (Column(name="name", title="name", type="text"), Column(name="price", title="price", type="decimal"))
LENS = Lens(COLUMNS, 3)
PLACES = ("PostgreSQL", "the index")


def row(number: int, values: str = '{"name":"a","price":1.10}', since: int = 1, until: int | None = None, id: str = "") -> StoredRow:
    return StoredRow(row=number, since=since, until=until, values=msgspec.Raw(values.encode()), id=id)


def document(number: int, values: str = '{"name":"a","price":1.10}', since: int = 1, until: int | None = None, id: str = "") -> StoredRow:
    return row(number, values, since, until, id or str(number))


async def blocks(rows: list[StoredRow]) -> AsyncIterator[list[StoredRow]]:
    for first in range(0, len(rows), 2):
        yield rows[first : first + 2]


@given(st.sets(st.integers(0, 9)), st.sets(st.integers(0, 9)), st.sets(st.integers(0, 9)), st.sets(st.integers(0, 9)))
async def test_the_walk_finds_what_sets_find(rows: set[int], documents: set[int], changed: set[int], twins: set[int]) -> None:
    left = [row(number) for number in sorted(rows)]
    right = [document(number, since=2 if number in changed else 1) for number in documents]
    right += [document(number, id="twin") for number in twins]
    # Documents of one number come in any order: here the twin first, there last.
    right.sort(key=lambda each: (each.row, each.id if each.row % 2 else each.id[::-1]))
    found = {(one and one.row, other and other.id) async for one, other in differing(blocks(left), blocks(right), LENS)}
    expected: set[tuple[int | None, str | None]] = {(number, None) for number in rows - documents}
    expected |= {(None, str(number)) for number in documents - rows} | {(None, "twin") for _ in twins}
    expected |= {(number, str(number)) for number in rows & documents & changed}
    assert found == expected


def test_what_is_the_same() -> None:
    assert is_same(row(1), document(1, '{"name" : "\\u0061" , "price":1.10 }'), LENS)
    assert is_same(row(1, '{"name":"a","price":null}'), document(1, '{"name":"a"}'), LENS)
    assert is_same(row(1, until=4), document(1), LENS)  # nobody sees version 4 yet
    assert not is_same(row(1, until=3), document(1), LENS)
    assert not is_same(row(1, until=4), document(1), Lens(COLUMNS))
    assert not is_same(row(1), document(1, '{"name":"a","price":1.1}'), LENS)
    assert not is_same(row(1), document(1, '{"name":"a","price":1.10,"more":1}'), LENS)


def test_each_difference_is_said() -> None:
    assert tell_rows(row(1), None, PLACES, LENS) == "PostgreSQL has it, the index does not"
    assert tell_rows(None, document(1), PLACES, LENS) == "the index has it, PostgreSQL does not"
    assert tell_rows(row(1), document(1, since=2), PLACES, LENS) == "it came in version 1 by PostgreSQL, 2 by the index"
    told = tell_rows(row(1, until=2), document(1), PLACES, LENS)
    assert told == "it is superseded in version 2 by PostgreSQL, not superseded by the index"
    told = tell_rows(row(1), document(1, '{"name":null,"price":2}'), PLACES, LENS)
    assert told == 'column name is "a" in PostgreSQL, null in the index; column price is 1.10 in PostgreSQL, 2 in the index'


def found(rows: int = 8, in_postgres: int = 8, in_index: int | None = 8, may_be_swept: bool = False) -> ChunkCounts:
    return ChunkCounts(records=10, rows=rows, rejects=2, in_postgres=in_postgres, in_index=in_index, may_be_swept=may_be_swept)


def test_counts() -> None:
    assert count_differences(found()) == []
    assert count_differences(found(in_index=None)) == []
    assert count_differences(found(rows=7, in_postgres=7, in_index=7)) == ["the catalog have 10 records, but 7 rows and 2 rejects"]
    assert count_differences(found(in_postgres=7, in_index=7)) == ["the catalog have 8 rows, PostgreSQL has 7"]
    assert count_differences(found(in_postgres=7, in_index=7, may_be_swept=True)) == []
    assert len(count_differences(found(in_postgres=9, may_be_swept=True))) == 2
    assert count_differences(found(in_index=9)) == ["PostgreSQL has 8 rows, the index has 9 documents"]


def test_gaps() -> None:
    assert gaps_between([range(4, 5), range(1, 2)], -9, 99, bits=2) == [(-9, 4), (8, 16), (20, 99)]
    assert gaps_between([range(1, 4), range(3, 5)], -9, 20, bits=2) == [(-9, 4)]
    assert gaps_between([], -9, 20, bits=2) == [(-9, 20)]
