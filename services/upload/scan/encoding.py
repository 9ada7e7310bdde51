"""Finds out what a file is written in. Pure.

All evidence counts: one bad byte among good UTF-8 is a bad byte, and no reason to read the others otherwise; a file whose bytes beyond
ASCII are mostly no UTF-8 is in another encoding, guessed by the letters that it would have.
"""

import codecs
import re
from collections.abc import Sequence
from typing import Final

import numpy as np
from msgspec import Struct

from backbone.errors import Rejected
from backbone.findings import Finding, Suggestion
from services.upload.scan.east_asian import PLAUSIBLE, EastReading, east_readings, east_rivals
from services.upload.scan.languages import PLAUSIBLE_MEAN, WESTERN, Reading, readings, rivals

_BOMS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: it begins like it
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NUL_SHARE: Final = 0.3
_CONTEXT_BYTES: Final = 4096
_FOREIGN_BYTES_MAX: Final = 16 * 1024  # lines that a guess looks at
STRAY_BYTES_MAX: Final = 3  # so few bytes beyond ASCII must be letters of words, or else they are faults
EAST_ASIAN_BYTES_MIN: Final = 8
RIVALS_TOLD: Final = 3
_WORD: Final = re.compile(r"\w*[^\x00-\x7f][\w]*")
_PARTED: Final = re.compile(rb"[\t\r\n;,|]+")
_STRAY: Final = re.compile(r"(?<![A-Za-z])[^\x00-\x7f](?![A-Za-z])")


class Judgement(Struct, frozen=True, kw_only=True):
    """`is_damaged`: bytes that are not of the encoding are among it."""

    encoding: str
    is_damaged: bool = False
    findings: tuple[Finding, ...] = ()


class OtherEncoding(Rejected):
    """The file is not what its beginning looked like. It can be read again as `judged`."""

    def __init__(self, judged: Judgement, offset: int | None = None) -> None:
        where = f"from byte {offset} on " if offset is not None else ""
        super().__init__(
            "not-in-encoding", f"The file is {where}not what it began as, but {judged.encoding}. Give encoding={judged.encoding}."
        )
        self.judged = judged
        self.offset = offset


class Evidence:
    """Counts characters of UTF-8 beyond ASCII, and bytes that are none, while a file flows by."""

    def __init__(self) -> None:
        self.good = 0
        self.bad = 0
        self.foreign = bytearray()  # the first lines with bytes beyond ASCII
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")

    def feed(self, block: bytes) -> None:
        if block.isascii() and not self._decoder.getstate()[0]:
            return
        if len(self.foreign) < _FOREIGN_BYTES_MAX:
            self.foreign += _foreign_lines(block)
        codes = np.frombuffer(self._decoder.decode(block).encode("utf-32-le", "surrogatepass"), dtype="<u4")
        bad = int(np.count_nonzero((codes >= 0xDC80) & (codes <= 0xDCFF)))
        self.bad += bad
        self.good += int(np.count_nonzero(codes > 0x7F)) - bad

    @property
    def is_utf8(self) -> bool:
        """Other encodings hardly ever look like UTF-8, so as many good characters as bad bytes are proof."""
        return self.good > 0 and self.good >= self.bad


def judge(sample: bytes, *, last: bool = False) -> Judgement:
    """A byte order mark, strict UTF-8, UTF-16 by its NULs, UTF-8 with faults, then the best guess."""
    for bom, encoding in _BOMS:
        if sample.startswith(bom):
            return Judgement(encoding=encoding, is_damaged=encoding == "utf-8" and not is_utf8(sample, last=last))
    wide = _sniff_utf16(sample)
    if wide is not None:
        return Judgement(encoding=wide)
    if is_utf8(sample, last=last):
        return Judgement(encoding="utf-8")
    evidence = Evidence()
    evidence.feed(sample)
    return Judgement(encoding="utf-8", is_damaged=True) if evidence.is_utf8 else _guess(sample)


def judge_around(data: bytes, offset: int) -> Judgement:
    """For a file that was UTF-8 until `offset`."""
    return judge(data[max(0, offset - _CONTEXT_BYTES) : offset + _CONTEXT_BYTES])


def sniff_encoding(sample: bytes) -> str:
    """Python's name of the encoding."""
    return judge(sample).encoding


def is_utf8(sample: bytes, *, last: bool = False) -> bool:
    """A character cut off at the end does not count, unless it is the `last` one."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample, last)
    except UnicodeDecodeError:
        return False
    return True


def _sniff_utf16(sample: bytes) -> str | None:
    half = len(sample) // 2
    if half < 2:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > _NUL_SHARE * half and even * 10 < odd:
        return "utf-16-le"
    if even > _NUL_SHARE * half and odd * 10 < even:
        return "utf-16-be"
    return None


def _guess(sample: bytes) -> Judgement:
    foreign = _foreign_lines(sample.replace(codecs.BOM_UTF8, b""))  # in the middle where files were written one behind the other
    count = sum(byte > 0x7F for byte in foreign)
    words = _different_words(foreign)
    ranked = readings(words)
    best = ranked[0]
    east = east_readings(foreign) if count >= EAST_ASIAN_BYTES_MIN else []
    if east and (east[0].score >= PLAUSIBLE or (best.mean <= PLAUSIBLE_MEAN and east[0].score > 0)):
        near: list[Reading | EastReading] = [*east_rivals(east[0], east[1:])]
        if east[0].score < PLAUSIBLE:
            near.append(best)
        return Judgement(encoding=east[0].encoding, findings=_tell_guess(east[0], near))
    if count <= STRAY_BYTES_MAX and not _are_words(best):
        return Judgement(encoding="utf-8", is_damaged=True)
    if best.mean > PLAUSIBLE_MEAN:
        latin = rivals(best, ranked[1:])
        if (
            sum(byte > 0x7F for byte in words) <= STRAY_BYTES_MAX and not latin
        ):  # so little is evidence of nothing: it may be a slip as well
            latin = [reading for reading in ranked[1:] if reading.text != best.text]
        return Judgement(encoding=best.encoding, findings=_tell_guess(best, latin))
    return Judgement(encoding=best.encoding, findings=_tell_guess(best, ranked[1:]))


def _are_words(reading: Reading) -> bool:
    """Too few bytes to tell a language: `Caf\xe9` is a word, a cell of two strange bytes is none. Symbols stand alone."""
    return reading.mean > PLAUSIBLE_MEAN and reading.is_latin and not any(one.isalpha() for one in _STRAY.findall(reading.text))


def _tell_guess(best: Reading | EastReading, others: Sequence[Reading | EastReading]) -> tuple[Finding, ...]:
    if not others:
        return ()
    others = others[:RIVALS_TOLD]
    place = next((at for at, pair in enumerate(zip(best.text, others[0].text, strict=False)) if pair[0] != pair[1]), 0)
    would = "; ".join(f"{reading.encoding} ({reading.language}) would give {_word_at(reading.text, place)!r}" for reading in others)
    message = f"Read as {best.encoding} ({best.language}), which is a guess: {_word_at(best.text, place)!r}; {would}. encoding= decides."
    suggest = Suggestion(option="encoding", value=others[0].encoding)
    return (Finding(code="encoding-guessed", level="warning", message=message, suggest=suggest),)


def _word_at(text: str, place: int) -> str:
    word = next((match[0] for match in _WORD.finditer(text) if match.end() > place), "")
    return word[:40]


def _foreign_lines(sample: bytes) -> bytes:
    """The lines that tell something: those with a byte beyond ASCII."""
    lines = [line for line in sample.splitlines(keepends=True) if not line.isascii()]
    return (b"".join(lines) or sample)[:_FOREIGN_BYTES_MAX]


def _different_words(lines: bytes) -> bytes:
    """Said again and again, a word is no more evidence than once."""
    words = dict.fromkeys(word for word in _PARTED.split(lines) if not word.isascii())
    return b"\n".join(words)


__all__ = ["WESTERN", "Evidence", "Judgement", "OtherEncoding", "is_utf8", "judge", "judge_around", "sniff_encoding"]
