"""The words of many rows, counted as texts stream by, and which of them could be another word mistyped, told by a number each. Pure."""

from collections import Counter
from typing import Final

from backbone.query.typos import LETTERS_MAX, LETTERS_MIN, steps_max
from backbone.query.words import folded_words

WORDS_MAX: Final = 200_000  # kept, the most frequent ones: words of a language, names of people; not every code there is
_SHORTEST, _LONGEST = LETTERS_MIN - 1, LETTERS_MAX + 2
_LETTERS_ALONE: Final = bytes(byte if chr(byte).isalpha() else ord(" ") for byte in bytes(range(128)).lower()) + b" " * 128  # of ASCII
_ASCII_LETTERS: Final = 26
_BITS: Final = 62


class WordCounts:
    """How often each word occurs. `is_whole` until there were so many different words that rare ones were let go."""

    def __init__(self, words_max: int = WORDS_MAX) -> None:
        self._words_max = words_max
        self._counts: Counter[str] = Counter()
        self.is_whole = True

    def add(self, block: bytes) -> None:
        """UTF-8, any lines; no word is torn apart between two blocks."""
        for line in [block] if block.isascii() else block.splitlines():
            if line.isascii():
                self._add_ascii(line)
            else:
                self._counts.update(word for word in folded_words(line.decode()) if _may_be_meant(word))
        if len(self._counts) > 2 * self._words_max:
            self._keep_the_most_frequent()

    def _add_ascii(self, text: bytes) -> None:
        """What repeats is counted as bytes, and decoded once."""
        for word, count in Counter(text.translate(_LETTERS_ALONE).split()).items():
            if _SHORTEST <= len(word) <= _LONGEST:
                self._counts[word.decode()] += count

    def most_frequent(self) -> list[tuple[str, int]]:
        self._keep_the_most_frequent()
        return list(self._counts.items())

    def _keep_the_most_frequent(self) -> None:
        if len(self._counts) > self._words_max:
            self._counts = Counter(dict(self._counts.most_common(self._words_max)))
            self.is_whole = False


def _may_be_meant(word: str) -> bool:
    return _SHORTEST <= len(word) <= _LONGEST and word.isalpha()


def letter_bits(word: str) -> int:
    """Which letters a word has. Two words that are a step apart differ in two bits at most."""
    bits = 0
    for letter in word:
        code = ord(letter)
        place = code - ord("a") if letter.isascii() else _ASCII_LETTERS + code % (_BITS - _ASCII_LETTERS)
        bits |= 1 << place
    return bits


def bits_apart_max(word: str) -> int:
    return 2 * steps_max(word)
