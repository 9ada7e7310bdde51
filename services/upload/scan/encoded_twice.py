"""Letters that were encoded twice: UTF-8 taken for Windows-1252 and written as UTF-8 once more, `CafÃ©` for `Café`. The bytes are good UTF-8, so
nothing else sees it; nor is it mended here, for what the writer had is a guess.
"""

import re
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backbone.csvread.quotes import Positions
from backbone.findings import Finding, place


def _bytes_among(wanted: bytes) -> NDArray[np.bool_]:
    table = np.zeros(256, dtype=np.bool_)
    table[[*wanted]] = True
    return table


# What Windows-1252 has for the bytes 80 to BF, in UTF-8.
_SIGN: Final = rb"(?:\xc2[\x80-\xbf]|\xe2(?:\x80[\x90-\xbf]|\x82\xac|\x84\xa2)|\xc5[\x92-\xbe]|\xc6\x92|\xcb[\x86\x9c])"
# Ã or Â before a sign, Ð or Ñ twice before signs (Cyrillic), â€ before one (quotation marks and dashes).
_TWICE: Final = re.compile(rb"\xc3(?:[\x82\x83]%b|[\x90\x91]%b\xc3[\x90\x91]%b|\xa2\xe2\x82\xac%b)" % ((_SIGN,) * 4))
_FIRST: Final = 0xC3
_SECOND: Final = _bytes_among(b"\x82\x83\x90\x91\xa2")
_THIRD: Final = _bytes_among(b"\xc2\xe2\xc5\xc6\xcb")
COUNTED_MAX: Final = 1_000
_AROUND: Final = 20  # bytes of a word on both sides of what was found
_KEPT_BYTES: Final = 16  # of a block, for what its border parts: the longest that is sought, and a character before it


class EncodedTwice:
    def __init__(self) -> None:
        self._count = 0
        self._first: tuple[str, str] | None = None  # as it stands, and as it was meant
        self._kept = b""

    def feed(self, block: bytes) -> None:
        """Of a file in UTF-8, as it comes. What ends with a block is judged by the byte behind it, which the next one brings."""
        self._look(self._kept + block)
        self._keep(block)

    def pass_over(self, block: bytes) -> None:
        """A block of ASCII."""
        self._look(self._kept + block[:1])
        self._keep(block)

    def _keep(self, block: bytes) -> None:
        self._kept = (self._kept + block[-_KEPT_BYTES:])[-_KEPT_BYTES:]

    def _look(self, data: bytes) -> None:
        if self._count >= COUNTED_MAX or data.isascii():
            return
        for at in _candidates(data).tolist():
            match = _TWICE.match(data, at)
            if match is not None and len(self._kept) <= match.end() < len(data) and not _ends_a_word_in_capitals(data, match):
                self._note(data, match)
            if self._count >= COUNTED_MAX:
                return

    def _note(self, block: bytes, match: re.Match[bytes]) -> None:
        twice = match[0].decode()
        meant = _once(twice)
        if meant is None:
            return
        self._count += 1
        if self._first is None:
            before = re.search(r"\w*$", block[max(0, match.start() - _AROUND) : match.start()].decode("utf-8", "ignore"))
            behind = re.match(r"\w*", block[match.end() : match.end() + _AROUND].decode("utf-8", "ignore"))
            start, end = before[0] if before else "", behind[0] if behind else ""
            self._first = (start + twice + end, start + meant + end)

    def finish(self) -> tuple[Finding, ...]:
        """Behind the last byte."""
        self.feed(b"\n")
        if self._first is None:
            return ()
        seen, meant = self._first
        message = (
            f"Letters look as if their UTF-8 had been taken for Windows-1252 and encoded once more: {seen!r} may be {meant!r}. They were read as they "
            "stand. Write the file anew, or give the encoding that it has if one was stated."
        )
        return (Finding(code="encoded-twice", level="warning", message=message, count=self._count, places=(place(text=seen),)),)


def _candidates(block: bytes) -> Positions:
    """By three bytes at once: nearly all accents are none of them, and a pattern that begins with a common byte is slow."""
    view = np.frombuffer(block, dtype=np.uint8)
    found = np.flatnonzero(view[:-2] == _FIRST)
    return found[_SECOND[view[found + 1]] & _THIRD[view[found + 2]]]


def _ends_a_word_in_capitals(block: bytes, match: re.Match[bytes]) -> bool:
    """`IRMÃ®` and `«IRMÃ»` are what they seem to be; `MÃ¼ller` goes on."""
    goes_on = b"a" <= block[match.end() : match.end() + 1] <= b"z"
    before = block[max(0, match.start() - 4) : match.start()].decode("utf-8", "ignore")
    return not goes_on and before[-1:].isupper()


def _once(twice: str) -> str | None:
    """What it was before; None where it cannot have been anything. Windows-1252 leaves five bytes open, which writers take as they are."""
    try:
        return b"".join(_byte(character) for character in twice).decode()
    except UnicodeError:
        return None


def _byte(character: str) -> bytes:
    return bytes((ord(character),)) if "\x80" <= character <= "\x9f" else character.encode("cp1252")
