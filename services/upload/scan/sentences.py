"""In which language the sentences of a column are, by the little words that every sentence has. Pure."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from backbone.query.words import folded_words

WORDS_MIN: Final = 20  # fewer say nothing
WORDS_OF_A_VALUE_MIN: Final = 3  # on the average: names and titles are no sentences
SHARE_MIN: Final = 0.12  # of all words: in prose it is a third
DIFFERENT_MIN: Final = 4
AHEAD_MIN: Final = 1.5  # of the next language
CHARACTERS_MAX: Final = 20_000

# Folded, and without those that several of the languages have in the same writing.
_LITTLE_WORDS: Final = {
    "danish": "og det er til af ikke der som paa jeg vi ved var har han hun fra men om blev vaere sig kan pa",
    "dutch": "de het een en van is dat niet te op met voor aan zijn er naar maar ook bij uit wordt deze om die",
    "english": "the and of to in is it that for was on with as are be this by not but from at or his they you an what which she",
    "finnish": "ja on ei se etta oli han mutta ovat kun myos tai joka ole niin kuin mita tama jos vain",
    "french": "le la les et des un une est dans pour que qui pas sur avec plus par au ce il elle ne se du sont cette",
    "german": "der die das und ist nicht mit ein eine zu den von auf fur im sich des auch als wie ich es dem wird bei aus sie einem",
    "italian": "il di che e la per un una non in con sono del della come ma anche gli le dei nel questo si da piu",
    "norwegian": "og det er til av ikke som paa jeg vi ved var har han hun fra men om ble vaere seg kan etter ogsa pa",
    "portuguese": "o de que e do da em um uma para com nao os as no na por mais dos como mas foi ao das se ele ela muito",
    "russian": "и в не на что с по это как но он она из у за от для же то все так его мы бы был",
    "spanish": "el de que y la los las en un una por con no para se del es lo como mas pero su al este muy fue",
    "swedish": "och det att i en som pa ar av for med till den har de inte om ett men var jag sig fran han hon vi",
}
_LANGUAGES_OF: Final = {
    word: tuple(language for language, words in _LITTLE_WORDS.items() if word in words.split())
    for word in {word for words in _LITTLE_WORDS.values() for word in words.split()}
}


def find_language(values: Sequence[str]) -> str | None:
    """None where they are no sentences, or in no language that is known."""
    words = folded_words("\n".join(values)[:CHARACTERS_MAX])
    if len(words) < max(WORDS_MIN, WORDS_OF_A_VALUE_MIN * len(values)):
        return None
    scores: Counter[str] = Counter()
    different: dict[str, set[str]] = {language: set() for language in _LITTLE_WORDS}
    for word in words:
        languages = _LANGUAGES_OF.get(word, ())
        for language in languages:
            scores[language] += 1
            different[language].add(word)
    (best, score), (_, next_score) = [*scores.most_common(2), ("", 0), ("", 0)][:2]
    is_sure = score >= SHARE_MIN * len(words) and score >= AHEAD_MIN * next_score and len(different.get(best, ())) >= DIFFERENT_MIN
    return best if is_sure else None
