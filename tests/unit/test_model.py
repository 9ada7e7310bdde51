"""The model that the flows compare Rowmill with, against examples worked out by hand."""

import csv
import io

from tests.model import Counts, Dataset, File, Row, Upload, apply

COLUMNS = ("id", "word")


def upload(name: str, mode: str, *records: tuple[str, ...], key: tuple[str, ...] = ()) -> Upload:
    return Upload(name, File(COLUMNS, records), mode, key)


def row(number: str, word: str = "") -> Row:
    return {"id": number, "word": word} if word else {"id": number}


def test_a_file_is_written_so_that_it_can_be_read() -> None:
    file = File(COLUMNS, (("1", 'two\n"lines"'), ("2",), ("3", "a", "too many")))
    assert [tuple(record) for record in csv.reader(io.StringIO(file.csv().decode(), newline=""))] == [COLUMNS, *file.records]


def test_records_that_cannot_be_loaded_are_rejects() -> None:
    records = ("1", "a"), ("2",), ("3", "a", "too many"), ("", "b")
    assert upload("x", "append", *records).rows == (row("1", "a"), row("2"), {"word": "b"})
    assert upload("x", "upsert", *records, key=("id",)).rows == (row("1", "a"), row("2"))
    assert upload("x", "upsert", *records, key=("id",)).rejects == 2


def test_append_and_replace() -> None:
    before = [row("1", "a")]
    assert apply(before, upload("x", "append", ("1", "b"))).rows == [row("1", "a"), row("1", "b")]
    assert apply(before, upload("x", "replace", ("1", "b"))).rows == [row("1", "b")]


def test_upsert_by_key() -> None:
    before = [row("1", "a"), row("2", "b"), row("3", "c")]
    outcome = apply(before, upload("x", "upsert", ("4", "d"), ("2", "lost"), ("1", "A"), ("3", "c"), ("2", "B"), key=("id",)))
    assert outcome.rows == [row("3", "c"), row("4", "d"), row("1", "A"), row("2", "B")]
    assert outcome.counts == Counts(inserted=1, updated=2, unchanged=1, duplicates=1)
    assert outcome.inserted == [row("4", "d")]
    assert outcome.updated == [([row("1", "a")], row("1", "A")), ([row("2", "b")], row("2", "B"))]


def test_an_upsert_with_a_missing_value_takes_it_away() -> None:
    assert apply([row("1", "a")], upload("x", "upsert", ("1", ""), key=("id",))).rows == [row("1")]


def test_versions_come_and_go() -> None:
    first, second, third = upload("1", "append", ("1", "a")), upload("2", "upsert", ("1", "b"), key=("id",)), upload("3", "append", ("2",))
    dataset = Dataset()
    for each in (first, second, third):
        dataset.load(each)
    assert dataset.rows == [row("1", "b"), row("2")]
    dataset.undo()
    assert (dataset.current, dataset.rows) == (2, [row("1", "b")])
    dataset.load(third)
    assert dataset.current == 4
    dataset.remove(second)
    assert (dataset.current, dataset.rows) == (5, [row("1", "a"), row("2")])
    assert list(dataset.versions) == [1, 5]


def test_a_held_version_is_seen_once_it_is_published() -> None:
    dataset = Dataset()
    dataset.hold(upload("1", "append", ("1", "a")))
    assert (dataset.current, dataset.rows) == (0, [])
    dataset.discard()
    dataset.hold(upload("2", "append", ("2", "b")))
    dataset.publish()
    assert (dataset.current, dataset.rows) == (2, [row("2", "b")])


def test_what_was_replaced_comes_back() -> None:
    first, second, third, fourth = (upload(number, "append", (number,)) for number in "1234")
    all_new = upload("all new", "replace", ("5",))
    dataset = Dataset()
    for each in (first, second, all_new, third):
        dataset.load(each)
    dataset.remove(second)  # the replace hides it: in front of that stands now a version without it
    assert (dataset.current, list(dataset.versions), dataset.versions[5].rows) == (4, [1, 5, 3, 4], [row("1")])
    dataset.remove(all_new)
    assert (list(dataset.versions), dataset.rows) == ([1, 5, 6], [row("1"), row("3")])
    dataset.load(fourth)
    dataset.remove(first)
    assert (list(dataset.versions), dataset.rows) == ([8], [row("3"), row("4")])


def test_undo_of_a_replace_leads_to_what_is_left() -> None:
    first, second, all_new = upload("1", "append", ("1",)), upload("2", "append", ("2",)), upload("3", "replace", ("3",))
    dataset = Dataset()
    for each in (first, second, all_new):
        dataset.load(each)
    dataset.remove(first)
    dataset.undo()
    assert (dataset.current, dataset.rows) == (4, [row("2")])


def test_nothing_is_left() -> None:
    dataset, only = Dataset(), upload("1", "append", ("1",))
    dataset.load(only)
    dataset.remove(only)
    assert (dataset.current, dataset.rows) == (0, [])
