"""JSON and NDJSON: each object is a row. A nested object's members are columns of their own (`address.city`), a list is its JSON text, a
missing key and null are null. Columns stand in the order in which they first occur; the file is read twice, for all of them come first.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from backbone.columns.written_number import Number
from backbone.csvread.marks import NO_RECORD, NULL_FIELD
from backbone.errors import Rejected
from backbone.findings import PLACES_MAX, Finding, Place, place
from backbone.model import ColumnType
from services.upload.scan.formats.table import TableHead
from services.upload.tables.frames import TableOrder
from services.upload.tables.json_documents import Document, read_documents
from services.upload.tables.json_text import plain, write_json
from services.upload.tables.table import has_halves, record, tell_not_finite

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?: ?(?:Z|[-+]\d\d:?\d\d))?)?")
_NO_RECORD: Final = NO_RECORD.decode()
RAW_CHARACTERS_MAX: Final = 2000


class _Seen(Struct):
    """What is known of a column. Texts that look like numbers are texts; those that are moments in ISO 8601 are what they look like."""

    is_text: bool = False

    def note(self, value: Any) -> None:
        if self.is_text or value is None or isinstance(value, Number | bool):
            return
        self.is_text = not isinstance(value, str) or (value != "" and _MOMENT.fullmatch(value) is None)


def open_json(order: TableOrder) -> "JsonTable":
    """Raises Rejected."""
    return JsonTable(order)


class JsonTable:
    def __init__(self, order: TableOrder) -> None:
        self._order = order
        self._columns: dict[str, _Seen] = {}
        self._twice = 0
        self._places: list[Place] = []
        self._not_finite = 0
        self._halved = 0
        self._look()
        if not self._columns:
            raise Rejected("empty-file", "The objects of the JSON file have no keys, and so no columns.")
        self._header = record(self._columns)
        types: tuple[ColumnType | None, ...] = tuple("text" if seen.is_text else None for seen in self._columns.values())
        self._head = TableHead(
            format=order.format,
            titles=tuple(self._columns),
            types=types,
            header_bytes=len(self._header),
            header_lines=self._header.count(b"\n"),
            findings=(*self._tell_twice(), *tell_not_finite(self._not_finite)),
        )

    @property
    def head(self) -> TableHead:
        return self._head

    def findings(self) -> tuple[Finding, ...]:
        if not self._halved:
            return ()
        message = f"{self._halved} records have half of a character (a lone \\ud800 to \\udfff), which no text can have: it became U+FFFD."
        return (Finding(code="encoding-errors", level="warning", message=message, count=self._halved),)

    def records(self) -> Iterator[bytes]:
        yield self._header
        titles = list(self._columns)
        for document in self._documents():
            if isinstance(document.value, dict):
                fields = flat(document.value)
                texts = [as_field(fields.get(title)) for title in titles]
                self._halved += has_halves(texts)
                yield record(texts, NULL_FIELD)
            else:
                raw = document.raw or write_json(document.value)
                yield record([raw[:RAW_CHARACTERS_MAX].replace("\n", " ") + _NO_RECORD])

    def _documents(self) -> Iterator[Document]:
        order = self._order
        with Path(order.path).open("rb") as file:
            yield from read_documents(file, format=order.format, record_bytes_max=order.record_bytes_max, is_cut=order.is_cut)

    def _look(self) -> None:
        """All columns, and what is to be told. Raises Rejected."""
        objects, others, last = 0, 0, None
        for number, document in enumerate(self._documents(), start=1):
            if not isinstance(document.value, dict):
                others += 1
                continue
            objects += 1
            last = document.value
            fields = flat(document.value)
            for title, value in fields.items():
                self._columns.setdefault(title, _Seen()).note(value)
            self._note_twice(number, document.keys_twice + fields.collisions)
            self._not_finite += document.not_finite
            if len(self._columns) > self._order.columns_max:
                detail = f"The objects have more than {self._order.columns_max} different keys, which are columns (ROWMILL_COLUMNS_MAX)."
                raise Rejected("too-many-columns", f"{detail} Are keys in the file that are values, such as names or dates?")
        check_rows(objects, others, last, self._order.format)

    def _note_twice(self, number: int, twice: int) -> None:
        self._twice += twice
        if twice and len(self._places) < PLACES_MAX:
            self._places.append(place(record=number))

    def _tell_twice(self) -> tuple[Finding, ...]:
        if not self._twice:
            return ()
        message = (
            f"{self._twice} times an object has the same key twice, or a key that is that of a nested object: the last value was taken."
        )
        return (Finding(code="keys-twice", level="warning", message=message, count=self._twice, places=tuple(self._places)),)


class Fields(dict[str, Any]):
    """Of one object, by the titles of their columns."""

    collisions = 0


def flat(value: Mapping[str, Any]) -> Fields:
    fields = Fields()
    _flatten("", value, fields)
    return fields


def _flatten(prefix: str, value: Mapping[str, Any], fields: Fields) -> None:
    for key, one in value.items():
        title = prefix + key
        if isinstance(one, dict) and one:
            _flatten(f"{title}.", one, fields)
            continue
        fields.collisions += title in fields
        fields[title] = one


def as_field(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, Number):
        return plain(value)
    if isinstance(value, str):
        return value
    return write_json(value)


def check_rows(objects: int, others: int, last: Mapping[str, Any] | None, format: str) -> None:
    """Raises Rejected for JSON that is no table."""
    if not objects and not others:
        raise Rejected("empty-file", "The JSON file has no record in it. A list of objects is a table, or an object in each line.")
    if not objects:
        raise Rejected("json-not-rows", "The JSON file has no object in it. A list of objects is a table, or an object in each line.")
    if objects == 1 and not others and format == "json" and last is not None and (lists := _lists_of_objects(last)):
        detail = (
            f"The JSON file is one object. Its rows seem to stand in {lists[0]!r}: send that list by itself (jq '.{lists[0]}' does it)."
        )
        raise Rejected("json-not-rows", detail)


def _lists_of_objects(value: Mapping[str, Any]) -> list[str]:
    return [key for key, one in value.items() if isinstance(one, list) and one and isinstance(one[0], dict)]
