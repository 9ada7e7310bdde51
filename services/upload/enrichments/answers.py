"""What stands in an answer: the record, its fields, or why there is none. Numbers keep their digits. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from backbone.catalog.enrichment_values import Outcome
from backbone.columns.sent_values import Cell
from backbone.columns.written_number import Number
from services.upload.tables.json_documents import Decoder
from services.upload.tables.json_text import write_json

ANSWER_CHARACTERS_MAX: Final = 16 * 1024  # of the chosen fields of one value
MISSING: Final = Outcome(state="MISSING")
AMBIGUOUS: Final = "The list has it several times, with different fields."
_ABSENT: Final = object()


class NoAnswer(Exception):  # noqa: N818 -- an outcome, which is kept as one
    """Nobody can say what the value's fields are; the text says why."""


def decode(content: bytes) -> Any:
    """Raises `NoAnswer`."""
    decoder = Decoder()
    try:
        value = decoder.whole(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise NoAnswer("The answer is no JSON.") from None
    if decoder.not_finite:
        raise NoAnswer("The answer has a number that JSON does not know.")
    if decoder.keys_twice:
        raise NoAnswer("An object of the answer has a key twice.")
    return value


def outcome_of(content: bytes, record: str, fields: Sequence[str], *, empty_is_missing: bool) -> Outcome:
    """Of an answer to one look-up."""
    if not content.strip():
        return _nothing(empty_is_missing)
    try:
        found = at_path(decode(content), record)
        if isinstance(found, list) and len(found) > 1:
            raise NoAnswer("The answer has several records.")
        if isinstance(found, list) and found:
            (found,) = found
        if found is None or found in ([], {}):
            return _nothing(empty_is_missing)
        return Outcome(state="FOUND", answer=write_answer(choose(found, fields)))
    except NoAnswer as error:
        return Outcome(state="FAILED", reason=str(error))


def at_path(value: Any, path: str) -> Any:
    """What stands at `data.items.0`: members by name, elements by number, a name with points in it before them; None where there is nothing."""
    found = _at(value, path) if path else value
    return None if found is _ABSENT else found


def _at(value: Any, path: str) -> Any:
    if isinstance(value, Mapping) and path in value:
        return value[path]
    name, point, rest = path.partition(".")
    inner: Any = _ABSENT
    if isinstance(value, Mapping):
        inner = value.get(name, _ABSENT)
    elif isinstance(value, list) and name.isascii() and name.isdigit() and len(name) < 7 and int(name) < len(value):
        inner = value[int(name)]
    return inner if not point or inner is _ABSENT else _at(inner, rest)


def choose(record: Any, fields: Sequence[str]) -> list[Cell]:
    """The fields of a record; objects and lists as their JSON. Raises `NoAnswer`."""
    if not isinstance(record, Mapping):
        raise NoAnswer("No object stands in the answer where the record should.")
    cells = [_cell(at_path(record, field)) for field in fields]
    if sum(len(cell) for cell in cells if isinstance(cell, str)) > ANSWER_CHARACTERS_MAX:
        raise NoAnswer(f"The fields are longer than {ANSWER_CHARACTERS_MAX} characters.")
    for cell in cells:
        if isinstance(cell, str) and ("\0" in cell or not _is_text(cell)):
            raise NoAnswer("A field has a null character, or half of a surrogate pair, which no text here can have.")
    return cells


def write_answer(cells: Sequence[Cell]) -> str:
    return write_json(list(cells))


def read_answer(answer: str) -> list[Cell]:
    cells: list[Cell] = json.loads(answer, parse_int=Number, parse_float=Number)
    return cells


class ListIndex:
    """The records of a list by the text of their key. The same key twice with the same fields is one; with others it is nobody's."""

    def __init__(self, key: str, fields: Sequence[str]) -> None:
        self._key = key
        self._fields = fields
        self._outcomes: dict[str, Outcome] = {}
        self.keyless = 0
        self.ambiguous: dict[str, None] = {}

    def __len__(self) -> int:
        return len(self._outcomes)

    def add(self, records: Iterable[bytes]) -> None:
        """Raises `NoAnswer` for what is no JSON."""
        for content in records:
            record = decode(content)
            key = at_path(record, self._key)
            text = _key_text(key)
            if text is None:
                self.keyless += 1
                continue
            self._note(text, record)

    def outcome(self, value: str) -> Outcome:
        return self._outcomes.get(value, MISSING)

    def _note(self, text: str, record: Any) -> None:
        try:
            outcome = Outcome(state="FOUND", answer=write_answer(choose(record, self._fields)))
        except NoAnswer as error:
            outcome = Outcome(state="FAILED", reason=str(error))
        if self._outcomes.setdefault(text, outcome) != outcome:
            self._outcomes[text] = Outcome(state="FAILED", reason=AMBIGUOUS)
            self.ambiguous[text] = None


def _key_text(key: Any) -> str | None:
    if isinstance(key, bool):
        return "true" if key else "false"
    return str(key) if isinstance(key, str) and key else None


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, str | bool):
        return value
    return write_json(value)


def _nothing(empty_is_missing: bool) -> Outcome:
    return MISSING if empty_is_missing else Outcome(state="FAILED", reason="The answer has no record.")


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
