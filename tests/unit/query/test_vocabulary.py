"""The words of many rows, and the numbers that tell which may be near to another."""

import random
import re
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from backbone.query.typos import LETTERS_MAX, LETTERS_MIN, steps_max
from backbone.query.vocabulary import WordCounts, bits_apart_max, letter_bits


def test_words_are_counted_as_they_are_compared() -> None:
    counts = WordCounts()
    counts.add(b"Teapot,teapot-lid\x01\n ab 12 tea2pot\n")
    counts.add("Teàpot TEAPOT Größe привет 日本語\nplain teapot\n".encode())
    assert dict(counts.most_frequent()) == {"teapot": 5, "lid": 1, "tea": 1, "pot": 1, "grosse": 1, "привет": 1, "plain": 1}
    assert counts.is_whole


@given(st.lists(st.text(st.characters(max_codepoint=127)), max_size=20))
def test_words_of_ascii_are_runs_of_letters(lines: list[str]) -> None:
    counts = WordCounts()
    for line in lines:
        counts.add(line.encode())
    words = [word for line in lines for word in re.findall("[a-z]+", line.lower())]
    expected = Counter(word for word in words if LETTERS_MIN - 1 <= len(word) <= LETTERS_MAX + 2)
    assert dict(counts.most_frequent()) == expected


def test_of_too_many_words_the_frequent_ones_stay() -> None:
    counts = WordCounts(words_max=10)
    for number in range(50):
        counts.add(f"frequent word{chr(97 + number % 26)}{chr(97 + number // 26)}x\n".encode())
    kept = counts.most_frequent()
    assert (len(kept), dict(kept)["frequent"], counts.is_whole) == (10, 50, False)


def test_near_words_differ_in_few_letters() -> None:
    drawn = random.Random(11)
    letters = "abcdefgäöйпри"
    for _ in range(3_000):
        word = "".join(drawn.choices(letters, k=drawn.randint(4, 10)))
        other = list(word)
        for _ in range(steps_max(word)):
            place = drawn.randrange(len(other))
            change = drawn.choice(("put", "take", "swap", "other"))
            if change == "put":
                other.insert(place, drawn.choice(letters))
            elif change == "take":
                del other[place]
            elif change == "other":
                other[place] = drawn.choice(letters)
            elif place:
                other[place - 1 : place + 1] = other[place], other[place - 1]
        assert (letter_bits(word) ^ letter_bits("".join(other))).bit_count() <= bits_apart_max(word)
