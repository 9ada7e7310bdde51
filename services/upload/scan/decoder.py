"""Turns a file's encoding into UTF-8 as it flows by. A byte that is not of the encoding becomes a mark (`backbone.csvread.marks`), so that
its record is rejected and all others are read as they are; or what the option `encoding_errors` says."""

import codecs
import re
from typing import Final, Literal

from backbone.csvread.marks import LEAD, MARKS, byte_of, marks_of, show_marks
from backbone.errors import BadRequest, Rejected
from backbone.findings import PLACES_MAX, Finding, Place, Suggestion, place

EncodingErrors = Literal["reject", "replace", "latin-1"]
REPLACEMENT: Final = "\ufffd"
_LINE_END: Final = re.compile("\r\n|\r|\n")
_HANDLER: Final = "rowmill.mark"
_DONE: Final = {
    "reject": "the records that hold them are rejects that show the bytes",
    "replace": f"each became {REPLACEMENT}",
    "latin-1": "each was read as Windows-1252",
}


def _mark(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return marks_of(error.object[error.start : error.end]), error.end


codecs.register_error(_HANDLER, _mark)


# Python's codecs that are ways of writing text in text, not of letters as bytes: some of them fail on the first real file.
NO_CHARSETS: Final = frozenset({"punycode", "idna", "unicode_escape", "raw_unicode_escape", "unicodeescape", "rawunicodeescape"})


def _unknown(encoding: str) -> BadRequest:
    return BadRequest("unknown-encoding", f"There is no encoding {encoding!r}. Try utf-8, windows-1252, latin-1 or utf-16.")


class Decoder:
    """Bytes of `encoding` to bytes of UTF-8, block by block. A byte order mark is taken off."""

    def __init__(self, encoding: str, errors: EncodingErrors = "reject") -> None:
        """Raises BadRequest for an encoding that Python does not know."""
        if encoding.lower().replace("-", "_") in NO_CHARSETS:
            raise _unknown(encoding)
        try:
            self._decoder = codecs.getincrementaldecoder(codecs.lookup(encoding).name)(_HANDLER)
            "a".encode(encoding)
        except (LookupError, ValueError):
            raise _unknown(encoding) from None
        self._encoding = encoding
        self._errors = errors
        self._at_start = True
        self._line = 1
        self._faults = 0
        self._places: list[Place] = []
        self._ends_in_return = False

    def feed(self, block: bytes) -> bytes:
        return self._decode(block, last=False)

    def finish(self) -> bytes:
        return self._decode(b"", last=True)

    @property
    def findings(self) -> tuple[Finding, ...]:
        if not self._faults:
            return ()
        message = f"{self._faults} places have bytes that are not {self._encoding}: {_DONE[self._errors]}. encoding_errors= or encoding= decides otherwise."
        suggest = Suggestion(option="encoding_errors", value="latin-1" if self._errors == "reject" else "reject")
        return (
            Finding(
                code="encoding-errors",
                level="warning",
                message=message,
                count=self._faults,
                places=tuple(self._places),
                suggest=suggest,
            ),
        )

    def _decode(self, block: bytes, *, last: bool) -> bytes:
        text = self._decoder.decode(block, last)
        if self._at_start and text:
            self._at_start = False
            text = text.removeprefix("\ufeff")
        encoded = self._encode(text)
        if LEAD in encoded and MARKS.search(text):
            self._note_faults(text)
            encoded = encoded if self._errors == "reject" else self._encode(MARKS.sub(self._instead, text))
        self._line += self._line_ends(text)
        return encoded

    def _line_ends(self, text: str) -> int:
        """LF, CR LF, and a CR alone, whatever block each came in."""
        ends = text.count("\n")
        if "\r" in text:
            ends += text.count("\r") - text.count("\r\n")
        if self._ends_in_return and text.startswith("\n"):
            ends -= 1
        self._ends_in_return = text.endswith("\r") if text else self._ends_in_return
        return ends

    def _note_faults(self, text: str) -> None:
        for match in MARKS.finditer(text):
            self._faults += 1
            if len(self._places) < PLACES_MAX:
                self._places.append(self._place(text, match.start(), match.end()))

    def _place(self, text: str, begin: int, end: int) -> Place:
        before, behind = text[:begin], _LINE_END.search(text, end)
        line_begin = max(before.rfind("\n"), before.rfind("\r")) + 1
        excerpt = text[max(line_begin, begin - 80) : behind.start() if behind else len(text)][:160]
        skipped = self._ends_in_return and text.startswith("\n")  # its CR was counted with the block before
        return place(line=self._line + len(_LINE_END.findall(before)) - skipped, text=show_marks(excerpt))

    def _instead(self, match: re.Match[str]) -> str:
        if self._errors == "replace":
            return REPLACEMENT * len(match[0])
        return "".join(_western(byte_of(mark)) for mark in match[0])

    def _encode(self, text: str) -> bytes:
        try:
            return text.encode()
        except UnicodeEncodeError as error:
            detail = f"The character {text[error.start]!r} is half of a pair. Is the file really {self._encoding}?"
            raise Rejected("not-in-encoding", detail, encoding=self._encoding) from None


def _western(byte: int) -> str:
    """Windows-1252, and where that has nothing Latin-1."""
    data = bytes([byte])
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")
