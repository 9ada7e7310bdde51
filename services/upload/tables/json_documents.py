"""The records of a JSON file, one by one: lines of NDJSON, the elements of an array, or objects one behind the other.

What is no JSON in a line of NDJSON is that line's fault alone; inside of an array nobody can tell where the next element begins.
"""

import codecs
import json
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from msgspec import Struct

from backbone.columns.written_number import Number
from backbone.errors import Rejected

BLOCK_BYTES: Final = 1024 * 1024
BOM: Final = b"\xef\xbb\xbf"
BLANKS: Final = " \t\r\n"


class Document(Struct, frozen=True):
    """`value` is None where the record is no JSON; `raw` is its text then."""

    value: Any
    raw: str = ""
    keys_twice: int = 0
    not_finite: int = 0


class Decoder:
    """Numbers keep their digits; keys that an object has twice, and numbers that are none, are counted."""

    def __init__(self) -> None:
        self.begin()
        self._decoder = json.JSONDecoder(
            parse_float=Number, parse_int=Number, parse_constant=self._constant, object_pairs_hook=self._object
        )

    def begin(self) -> None:
        """The next document is counted anew."""
        self.keys_twice = 0
        self.not_finite = 0

    def document(self, value: Any) -> Document:
        return Document(value, keys_twice=self.keys_twice, not_finite=self.not_finite)

    def at(self, text: str, place: int) -> tuple[Any, int]:
        """The value that begins there, and where it ends. Raises `ValueError`, `RecursionError`."""
        return self._decoder.raw_decode(text, place)

    def whole(self, text: str) -> Any:
        """Raises `ValueError`, `RecursionError`."""
        return self._decoder.decode(text)

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        self.keys_twice += len(pairs) - len(made)
        return made

    def _constant(self, word: str) -> Any:
        self.not_finite += 1
        return None  # NaN and Infinity, which JSON does not know and many programs write


def read_documents(file: BinaryIO, *, format: str, record_bytes_max: int, is_cut: bool) -> Iterator[Document]:
    """Raises Rejected."""
    start = file.read(len(BOM))
    file.seek(len(BOM) if start == BOM else 0)
    begin = file.tell()
    first = _first_line(file, record_bytes_max)
    file.seek(begin)
    if first[:1] == b"[" and format == "json":
        yield from _Sequence(file, record_bytes_max, is_cut).elements()
    elif _is_json(first) or (format == "ndjson" and not _spans_lines(file)):
        yield from _lines(file, record_bytes_max, is_cut)
    else:
        yield from _Sequence(file, record_bytes_max, is_cut).objects()


def _first_line(file: BinaryIO, bytes_max: int) -> bytes:
    while line := file.readline(bytes_max):
        if line.strip():
            return line.strip()
    return b""


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _spans_lines(file: BinaryIO) -> bool:
    """Whether the first value goes over several lines."""
    begin = file.tell()
    text = file.read(BLOCK_BYTES).decode(errors="ignore").lstrip()
    file.seek(begin)
    try:
        json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return False
    return True


def _lines(file: BinaryIO, bytes_max: int, is_cut: bool) -> Iterator[Document]:
    decoder = Decoder()
    while line := file.readline(bytes_max + 1):
        if len(line) > bytes_max:
            raise _too_long(bytes_max)
        if not line.strip():
            continue
        if is_cut and not line.endswith(b"\n"):
            return
        decoder.begin()
        try:
            text = line.decode().strip(BLANKS)
            yield decoder.document(decoder.whole(text))
        except (ValueError, RecursionError):
            yield Document(None, raw=line.decode(errors="backslashreplace").strip(BLANKS))


class _Sequence:
    """Text as it is read, and the place in it. A value that does not end yet is tried again with the next block."""

    def __init__(self, file: BinaryIO, bytes_max: int, is_cut: bool) -> None:
        self._file = file
        self._bytes_max = bytes_max
        self._is_cut = is_cut
        self._decode = codecs.getincrementaldecoder("utf-8")()
        self._decoder = Decoder()
        self._text = ""
        self._place = 0
        self._lines = 1  # before the text at hand
        self._is_all = False

    def elements(self) -> Iterator[Document]:
        self._blanks()
        self._place += 1  # the bracket
        self._blanks()
        if self._next() == "]":
            self._place += 1
        else:
            while True:
                document = self._value()
                if document is None:
                    return
                yield document
                self._blanks()
                mark = self._next()
                self._place += 1
                if mark == "]":
                    break
                if mark != ",":
                    if self._is_cut and not mark:
                        return
                    raise self._broken("A comma or the end of the list is missing")
                self._blanks()
        self._blanks()
        if self._next():
            raise self._broken("Something stands behind the end of the list")

    def objects(self) -> Iterator[Document]:
        self._blanks()
        while self._next():
            document = self._value()
            if document is None:
                return
            yield document
            self._blanks()

    def _value(self) -> Document | None:
        """None: it is cut off, which is no fault."""
        while True:
            self._decoder.begin()
            try:
                value, end = self._decoder.at(self._text, self._place)
                # A number may go on in the next block.
                if end < len(self._text) or self._is_all or not isinstance(value, Number):
                    self._place = end
                    return self._decoder.document(value)
            except json.JSONDecodeError as error:
                if self._is_all:
                    if self._is_cut:
                        return None
                    raise self._broken(error.msg, error.pos) from None
            except RecursionError:
                raise self._broken("Lists or objects stand too deep in each other") from None
            if len(self._text) - self._place > self._bytes_max:
                raise _too_long(self._bytes_max)
            self._more()

    def _blanks(self) -> None:
        while True:
            while self._place < len(self._text) and self._text[self._place] in BLANKS:
                self._place += 1
            if self._place < len(self._text) or self._is_all:
                return
            self._more()

    def _next(self) -> str:
        return self._text[self._place : self._place + 1]

    def _more(self) -> None:
        block = self._file.read(BLOCK_BYTES)
        self._is_all = not block
        try:
            text = self._decode.decode(block, final=self._is_all and not self._is_cut)
        except UnicodeDecodeError as error:
            raise Rejected(
                "not-in-encoding", f"The JSON text is not UTF-8 ({error.reason}). Write it as UTF-8, as JSON has to be."
            ) from None
        self._lines += self._text.count("\n", 0, self._place)
        self._text = self._text[self._place :] + text
        self._place = 0

    def _broken(self, why: str, place: int | None = None) -> Rejected:
        line = self._lines + self._text.count("\n", 0, self._place if place is None else place)
        return Rejected(
            "json-broken", f"The JSON text is broken in line {line}: {why}. Was it cut off? Mend it and send it again.", line=line
        )


def _too_long(bytes_max: int) -> Rejected:
    detail = f"A record of the JSON file is longer than {bytes_max} bytes (ROWMILL_RECORD_BYTES_MAX), or its end is missing."
    return Rejected("record-too-long", detail)
