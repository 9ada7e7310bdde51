"""Finds out a text's encoding, and turns it into UTF-8 as it flows by. Never a replacement character: what cannot be decoded is said."""

import codecs
import re
from typing import Final

import charset_normalizer

from backbone.errors import BadRequest, Rejected

_BOMS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: it begins like it
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
WESTERN: Final = "cp1252"
# In the order in which they are asked; a later group only if none of the one before is possible.
_CANDIDATES: Final = (
    ["cp1250", "cp1251", "cp1253", "cp1254", "cp1257", "koi8_r", "cp866", "iso8859_2", "mac_roman", "cp850"],
    ["cp932", "euc_jp", "gb18030", "big5", "cp949"],
    ["cp1255", "cp1256", "cp874"],
)
_NUL_SHARE: Final = 0.3
_CONTEXT_BYTES: Final = 4096

# What Western text does not look like: symbols inside words or before them, a capital behind small letters, C1 controls, accented
# letters side by side (Chinese and Cyrillic look like that in Windows-1252).
_SUSPICIOUS: Final = re.compile(
    r"[a-zà-ÿ][¡¢£¤¥¦§¨©ª«¬®¯±´µ¶¸¹º»¼½¾¿÷×†‡•…‰‹›€„‚ˆ˜™][a-zà-ÿ]|[£¯¼¾³¹±¶¦][A-Za-zÀ-ÿ]"
    r"|[a-zà-ÿ][À-ÖØ-ÞŠŒŽŸ]|[À-ÿŠšŒœŽžŸ¡-¿]{2}|[\x80-\x9f]"
)
_FOREIGN: Final = re.compile(r"[^\x00-\x7f]")
_SUSPICIOUS_SHARE: Final = 0.2


def sniff_encoding(sample: bytes) -> str:
    """Python's name of the encoding: a byte order mark, strict UTF-8, UTF-16 by its NULs, then the best guess."""
    for bom, encoding in _BOMS:
        if sample.startswith(bom):
            return encoding
    if is_utf8(sample):
        return _sniff_utf16(sample) or "utf-8"
    return _sniff_utf16(sample) or guess_encoding(sample)


def is_utf8(sample: bytes) -> bool:
    """A character cut off at the end does not count."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
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


def guess_encoding(sample: bytes) -> str:
    """Of text that is not UTF-8. Windows-1252 if that looks like text, for it is by far the most frequent; then by
    charset-normalizer, which by itself takes short German for Central European."""
    foreign = _around_foreign(sample)
    if _looks_western(foreign):
        return WESTERN
    for candidates in _CANDIDATES:
        best = charset_normalizer.from_bytes(foreign, cp_isolation=candidates, preemptive_behaviour=False).best()
        if best is not None:
            return best.encoding
    return WESTERN if _decodes(sample, WESTERN) else "latin-1"


def guess_around(data: bytes, offset: int) -> str:
    """For a file that was UTF-8 until `offset`."""
    return guess_encoding(data[max(0, offset - _CONTEXT_BYTES) : offset + _CONTEXT_BYTES])


def _around_foreign(sample: bytes) -> bytes:
    """The lines that tell something: those with a byte beyond ASCII."""
    lines = [line for line in sample.splitlines(keepends=True) if not line.isascii()]
    return b"".join(lines) or sample


def _looks_western(sample: bytes) -> bool:
    if not _decodes(sample, WESTERN):
        return False
    text = sample.decode(WESTERN)
    return len(_SUSPICIOUS.findall(text)) <= _SUSPICIOUS_SHARE * len(_FOREIGN.findall(text))


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeDecodeError:
        return False
    return True


class Decoder:
    """Bytes of `encoding` to bytes of UTF-8, block by block. A byte order mark is taken off."""

    def __init__(self, encoding: str) -> None:
        """Raises BadRequest for an encoding that Python does not know."""
        try:
            self._decoder = codecs.getincrementaldecoder(codecs.lookup(encoding).name)()
            "a".encode(encoding)
        except (LookupError, ValueError):
            raise BadRequest(
                "unknown-encoding", f"There is no encoding {encoding!r}. Try utf-8, windows-1252, latin-1 or utf-16."
            ) from None
        self._encoding = encoding
        self._fed = 0
        self._at_start = True

    def feed(self, block: bytes) -> bytes:
        """Raises Rejected that names the first byte which is not of this encoding."""
        return self._decode(block, last=False)

    def finish(self) -> bytes:
        return self._decode(b"", last=True)

    def _decode(self, block: bytes, *, last: bool) -> bytes:
        pending = len(self._decoder.getstate()[0])
        try:
            text = self._decoder.decode(block, last)
        except UnicodeDecodeError as error:
            offset = self._fed - pending + error.start
            detail = f"The byte at {offset} cannot be read as {self._encoding}. Give encoding= to say what the file is written in."
            raise Rejected("not-in-encoding", detail, offset=offset, encoding=self._encoding) from None
        self._fed += len(block)
        if self._at_start and text:
            self._at_start = False
            text = text.removeprefix("\ufeff")
        # Lone surrogates come out of UTF-16 that is broken; they have no UTF-8.
        return self._encode(text)

    def _encode(self, text: str) -> bytes:
        try:
            return text.encode()
        except UnicodeEncodeError as error:
            detail = f"The character {text[error.start]!r} before byte {self._fed} is half of a pair. Is the file really {self._encoding}?"
            raise Rejected("not-in-encoding", detail, encoding=self._encoding) from None
