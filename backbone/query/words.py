"""What a word is, and when two words are the same: the one rule that both search indices, their queries and the highlights follow. Pure.

The rule stands in `docs/design/words.md`. A text becomes a line of tokens: its parts (runs of letters, runs of digits, single letters of scripts
without blanks) between a `^` and a `$`, and behind them, each followed by a `|`, what is found as one word though it is written as several
(`wi-fi` as `wifi`, `12.50` as `12.5`), or apart from its letters (`c++`), or in another spelling (`Müller` as `mueller`). A query looks for
sequences of tokens in that line, and knows nothing else: nobody can type the tokens that separate.

`rowmill_tokens` in the migrations says the same in SQL; the contract suite of the search index compares them.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from msgspec import Struct

WORD_CHARACTERS_MAX: Final = 255  # a longer run of letters or digits is several words, cut here
BEGIN, END, APART = "^", "$", "|"

# Not letters, beyond ASCII. The same ranges stand in the migration.
_OTHERS: Final = (
    "\u0080-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7\u02c2-\u02c5\u02d2-\u02df\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff"
    "\u2e00-\u2e7f\u3000-\u3004\u3008-\u3020\u3030\u30fb\ue000-\uf8ff\ufe00-\ufe6f\uff00-\uff0f\ufff0-\uffff\U0001f000-\U0001faff"
)
# Scripts that write no blanks between words, and Hangul, whose particles stick to them: each letter is a part.
_ALONE: Final = (
    "\u0e01-\u0e3a\u0e40-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u309f\u30a0-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
_LETTER: Final = f"[^\\x00-`{{-\\x7f{_OTHERS}{_ALONE}]"
LETTER_SQL: Final = f"[^\\u0001-`{{-\\u007f{_OTHERS}{_ALONE}]"  # as PostgreSQL writes it
_JOINER: Final = "[-_./'&\u00b7]"
_WRITTEN: Final = f"[^\\x00-/:-`{{-\\x7f{_OTHERS}{_ALONE}]"  # letters and digits
_PART: Final = re.compile(f"{_LETTER}{{1,{WORD_CHARACTERS_MAX}}}|[0-9]{{1,{WORD_CHARACTERS_MAX}}}|[{_ALONE}]")
_RUN: Final = re.compile(f"{_WRITTEN}+(?:{_JOINER}{_WRITTEN}+)*")
_LAST_RUN: Final = re.compile(f"[^\\x00-%()*+,:-@\\[-^`{{-\\x7f{_OTHERS}{_ALONE}]+$")
_SIGNED: Final = re.compile(f"{_LETTER}+(?:\\+\\+|#)(?!{_WRITTEN})")
_INNER_BORDER: Final = re.compile(f"{_JOINER}|[0-9]{_LETTER}|{_LETTER}[0-9]")
_INNER_BORDER_ASCII: Final = re.compile("[-_./'&]|[0-9][a-z]|[a-z][0-9]")
_JOINERS: Final = re.compile(_JOINER)
_NUMBERS: Final = re.compile("[0-9]+(?:[-_./][0-9]+)*")
_DECIMAL: Final = re.compile(r"([0-9]+)\.([0-9]*?)0*")
_PART_ASCII: Final = re.compile(f"[a-z]{{1,{WORD_CHARACTERS_MAX}}}|[0-9]{{1,{WORD_CHARACTERS_MAX}}}")
_RUN_ASCII: Final = re.compile(r"[a-z0-9]+(?:[-_./'&][a-z0-9]+)*")
_AROUND: Final = "().,;:!?'\"[]"
_UMLAUTS: Final = {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "ae", "Ö": "oe", "Ü": "ue"}
_LATIN_LETTER: Final = "[a-zA-Z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e9e]"
_UMLAUT: Final = re.compile("[äöüÄÖÜ]")
_WITH_UMLAUT: Final = re.compile(f"{_LATIN_LETTER}*[äöüÄÖÜ]{_LATIN_LETTER}*")
_NOT_LATIN: Final = re.compile("[^a-z]")
_LATIN_ACCENTS: Final = re.compile("(?<=[a-z])[\u0300-\u036f]+")
_APOSTROPHES: Final = dict.fromkeys(
    map(ord, "\u00b4\u02bb\u02bc\u2018\u2019\u201b"), "'"
)  # as keyboards and programs have them; and the grave
_NO_LETTERS: Final[dict[int, str]] = {**_APOSTROPHES, ord("\u2122"): "®", ord("\u2120"): "®"}  # ™ and ℠, though they are made of some
_WERE_LETTERS: Final = re.compile("[\u2122\u2120\u02bb\u02bc]")
_LATIN: Final[dict[int, str | int]] = {
    **str.maketrans("ðøđħıłŋŧəɛɔɓɗƙƴǝƒɨʉς", "dodhilntaeobdkyefiuσ"),
    **{ord(letter): letters for letter, letters in {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"}.items()},
    **_APOSTROPHES,
}


class FoundWord(Struct, frozen=True):
    """`text[start:end]` is a part; `folded` is what it is compared by."""

    start: int
    end: int
    folded: str


def fold(text: str) -> str:
    """Lower case, Latin letters without their accents, one apostrophe for all, and the letters that others stand for (`ﬁ`, `①`, `Ａ`)."""
    lower = text.lower()
    if lower.isascii():
        return lower
    apart = _LATIN_ACCENTS.sub("", unicodedata.normalize("NFKD", lower.translate(_NO_LETTERS)).lower())
    return unicodedata.normalize("NFC", apart).translate(_LATIN)


def _as_words(text: str) -> str:
    """Folded, and with the grave accent, which names are written with as well, as the apostrophe that it stands for."""
    return fold(text).replace("`", "'")


def former_words(text: str) -> list[str]:
    """The parts of a text with a sign that was a letter once, as indices have them that were made then; none of another text."""
    if not _WERE_LETTERS.search(text):
        return []
    return _PART.findall(unicodedata.normalize("NFC", _LATIN_ACCENTS.sub("", unicodedata.normalize("NFKD", text.lower()).lower())))


def folded_words(text: str) -> list[str]:
    """The parts of a text, in order."""
    folded = _as_words(text)
    return (_PART_ASCII if folded.isascii() else _PART).findall(folded)


def compounds(text: str) -> list[str]:
    """What is found as one word though it is written as several parts, or in another spelling, or apart from its letters."""
    folded = _as_words(text)
    ascii = folded.isascii()
    if ascii and len(folded) <= WORD_CHARACTERS_MAX and text.isascii() and _RUN_ASCII.fullmatch(folded):  # a code: many are
        return list(_joined_runs(folded, ascii=True))
    words: list[str] = []
    for piece in folded.split():
        bare = piece.strip(_AROUND)
        if not (bare.isalpha() or (bare.isascii() and bare.isdigit())):  # most are: then there is nothing to join
            words += _joined_runs(bare, ascii)
    if "#" in folded or "++" in folded:
        words += [match.group()[:WORD_CHARACTERS_MAX] for match in _SIGNED.finditer(folded)]
    return words if ascii and text.isascii() else words + umlauts_written_out(text)


def _joined_runs(piece: str, ascii: bool) -> Iterator[str]:
    for run in (_RUN_ASCII if ascii else _RUN).findall(piece):
        if (_INNER_BORDER_ASCII if ascii else _INNER_BORDER).search(run):
            yield _joined(run)


def _joined(run: str) -> str:
    """Numbers stay apart (`2026.01.02`), and a decimal loses the zeros at its end: they say nothing."""
    if not _NUMBERS.fullmatch(run):
        return _JOINERS.sub("", run)[:WORD_CHARACTERS_MAX]
    decimal = _DECIMAL.fullmatch(run)
    joined = ".".join(part for part in decimal.groups() if part) if decimal is not None else _JOINERS.sub(".", run)
    return joined[:WORD_CHARACTERS_MAX]


def compound_of(word: str) -> str | None:
    """The word as one, if it is one run of several parts, such as `wi-fi`; of a number, the form in which numbers are compared."""
    folded = _as_words(word)
    runs = _RUN.findall(folded)
    is_one = len(runs) == 1 and len(_PART.findall(runs[0])) == len(_PART.findall(folded)) > 1
    return _joined(runs[0]) if is_one else None


def signed_word(word: str) -> str | None:
    """`c++` and `c#` are words of their own."""
    folded = fold(word)
    return folded[:WORD_CHARACTERS_MAX] if _SIGNED.fullmatch(folded) else None


def split_prefix(text: str) -> tuple[str, str]:
    """What stands before the last run of letters, digits and joiners, and that run; it is empty where a script without blanks ends the text."""
    text = text.translate(_APOSTROPHES).replace("`", "'")
    last = _LAST_RUN.search(text)
    return (text, "") if last is None else (text[: last.start()], last.group())


def umlauts_written_out(text: str) -> list[str]:
    """Of words with ä, ö or ü, the way in which they are written without these letters."""
    pieces = [piece for piece in unicodedata.normalize("NFC", text).split() if _UMLAUT.search(piece)]
    written = [_written_out(word) for piece in pieces for word in _WITH_UMLAUT.findall(piece)]
    return [_NOT_LATIN.sub("", fold(word))[:WORD_CHARACTERS_MAX] for word in written]


def _written_out(word: str) -> str:
    for letter, letters in _UMLAUTS.items():
        word = word.replace(letter, letters)
    return word


def tokens(text: str) -> list[str]:
    """The line of tokens of one value. Empty for a value without a word."""
    parts, joined = folded_words(text), compounds(text)
    if not parts:
        return []
    return [BEGIN, *parts, END, *(token for word in joined for token in (word, APART))]


def token_line(text: str) -> str:
    """The tokens with blanks between them, of one value."""
    run = text.lower()
    if run.isascii() and len(run) <= WORD_CHARACTERS_MAX and _RUN_ASCII.fullmatch(run):  # a code
        parts = _PART_ASCII.findall(run)
        return f"{BEGIN} {' '.join(parts)} {END}" + (f" {_joined(run)} {APART}" if len(parts) > 1 else "")
    return " ".join(tokens(text))


def find_words(text: str) -> Iterator[FoundWord]:
    """The parts of a text and where they stand in it."""
    if text.isascii():
        for match in _PART_ASCII.finditer(text.lower()):
            yield FoundWord(match.start(), match.end(), match.group())
        return
    folded, origins = _fold_by_letter(text)
    for match in _PART.finditer(folded):
        yield FoundWord(origins[match.start()], origins[match.end() - 1] + 1 + _marks_behind(text, origins[match.end() - 1]), match.group())


def _fold_by_letter(text: str) -> tuple[str, list[int]]:
    """As `fold`, with the place in the text for every letter that comes out."""
    folded, origins, place = [], [], 0
    while place < len(text):
        end = place + 1 + _marks_behind(text, place)
        piece = _folded_letter(text[place:end])
        folded.append(piece)
        origins += [place] * len(piece)
        place = end
    return "".join(folded), origins


def _marks_behind(text: str, place: int) -> int:
    end = place + 1
    while end < len(text) and "\u0300" <= text[end] <= "\u036f":
        end += 1
    return end - place - 1


_folded_letter = lru_cache(maxsize=4096)(_as_words)
