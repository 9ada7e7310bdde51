"""Letters that were encoded twice: UTF-8 taken for Windows-1252 and written as UTF-8 once more, `CafÃ©` for `Café`. The bytes are good UTF-8, so
nothing else sees it; nor is it mended here, for what the writer had is a guess.
"""

import re
from typing import Final

from backbone.findings import Finding, place

# One of these begins all of them: Ã and Â before a sign, Ð and Ñ in Cyrillic, and â€ for quotation marks and dashes.
_PREFIXES: Final = tuple(text.encode() for text in ("Ã", "Â", "â€", "Ð", "Ñ"))
_SIGNS: Final = "\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"  # what Windows-1252 has for the bytes 80 to BF
# A word in capitals may end in Ã before a sign (IRMÃ®), so behind a capital it counts only where the word goes on.
_TWICE: Final = re.compile(f"(?:(?<![A-ZÀ-Þ])[ÃÂ][{_SIGNS}])|Ã[{_SIGNS}](?=[a-z])|â€[{_SIGNS}]|(?:[ÐÑ][{_SIGNS}]){{2}}")
COUNTED_MAX: Final = 1_000
_AROUND: Final = 20  # characters of a word before what was found


class EncodedTwice:
    def __init__(self) -> None:
        self._count = 0
        self._first: tuple[str, str] | None = None  # as it stands, and as it was meant

    def feed(self, block: bytes) -> None:
        """Of a file in UTF-8, as it comes. What a border of blocks parts is not counted."""
        if self._count >= COUNTED_MAX or not any(prefix in block for prefix in _PREFIXES):
            return
        text = block.decode("utf-8", "ignore")
        for match in _TWICE.finditer(text):
            self._note(text, match)
            if self._count >= COUNTED_MAX:
                return

    def _note(self, text: str, match: re.Match[str]) -> None:
        meant = _once(match[0])
        if meant is None:
            return
        self._count += 1
        if self._first is None:
            before = re.search(r"\w*$", text[max(0, match.start() - _AROUND) : match.start()])
            behind = re.match(r"\w*", text[match.end() : match.end() + _AROUND])
            start, end = before[0] if before else "", behind[0] if behind else ""
            self._first = (start + match[0] + end, start + meant + end)

    def findings(self) -> tuple[Finding, ...]:
        if self._first is None:
            return ()
        seen, meant = self._first
        message = (
            f"Letters look as if their UTF-8 had been taken for Windows-1252 and encoded once more: {seen!r} may be {meant!r}. They were read as they "
            "stand. Write the file anew, or give the encoding that it has if one was stated."
        )
        return (Finding(code="encoded-twice", level="warning", message=message, count=self._count, places=(place(text=seen),)),)


def _once(twice: str) -> str | None:
    """What it was before; None where it cannot have been anything. Windows-1252 leaves five bytes open, which writers take as they are."""
    try:
        return b"".join(_byte(character) for character in twice).decode()
    except UnicodeError:
        return None


def _byte(character: str) -> bytes:
    return bytes((ord(character),)) if "\x80" <= character <= "\x9f" else character.encode("cp1252")
