"""Which eight-bit encoding a text is in, by the letters that its languages have. Pure.

For each encoding and language: how likely are the characters beyond ASCII, if letters come in the language's order of frequency? The best
is the guess; whoever is near it and gives another text is a rival that people are told of.
"""

import math
import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from msgspec import Struct

WESTERN: Final = "cp1252"
LATIN_9: Final = "iso8859_15"
WESTERN_BONUS: Final = 2.0  # in nats: by far the most frequent
RIVAL_WITHIN: Final = 4.0  # nats
WESTERN_WITHIN: Final = 8.0  # of a guess that is another: it is so frequent that little evidence is not enough
PLAUSIBLE_MEAN: Final = -5.0  # nats a character; below it no language was found
CHARACTERS_MAX: Final = 4000  # beyond ASCII, of the sample
_UNKNOWN: Final = -9.0
_UNDEFINED: Final = -14.0
_SYMBOL: Final = -4.0
_MIXED_SCRIPTS: Final = -5.0
_ODD_CASE: Final = -4.0
_LONG_RUN: Final = -2.0
_SYMBOLS: Final = frozenset("€£§°²³©®™–—‘’“”„…½¼¾«»·×µ\xa0¿¡№•±¢¥ªº‚‹›†´¨")

# Letters beyond ASCII by language, most frequent first; of other scripts the whole alphabet.
_LATIN_WESTERN: Final = {
    "French": "éèàêçôâîûùïëœüÿ",
    "German": "üäöß",
    "Spanish": "óíáéñúü",
    "Portuguese": "ãáçéêíóõúâàô",
    "Italian": "àèìòùé",
    "Swedish": "äåöéü",
    "Danish": "øåæéö",
    "Icelandic": "áíðóöþéæúý",
    "Catalan": "éàóèíçòúïü",
    "Albanian": "ëç",
}
# Names of people and of towns come from everywhere in one file.
_LATIN_MIXED: Final = {**_LATIN_WESTERN, "several": "éäöüáóíñèçåàêßøëæâôúîõãïûùòìœ"}
_LATIN_CENTRAL: Final = {
    "Polish": "łęąóżśćńź",
    "Czech": "áíéřěčžýšůúťďňó",
    "Slovak": "áíčéýšžúľťôňďóäĺŕ",
    "Hungarian": "éáöóőüíúű",
    "Romanian": "ăâîşţ",
    "Croatian": "čšžćđ",
    "Slovene": "čšž",
}
_TURKISH: Final = {"Turkish": "ışüğöçi̇âî"}
_BALTIC: Final = {"Lithuanian": "ėšųžįąūčę", "Latvian": "āīēšūņļžķģč", "Estonian": "äõüöšž"}
_GREEK: Final = {"Greek": "αοιτενσρκπηςυμλάίόέγδήωχθύφβώξζψϊϋΐΰ"}
_CYRILLIC: Final = {
    "Russian": "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё",
    "Ukrainian": "оанивіртескдмулпязьгйхбчшюєцїжщфґ",
    "Bulgarian": "аиоентрсвлдкпмзяъубгчщжцхйшфюь",
    "Serbian": "аиоенртсјудклмпвзгбјшчцжхњљћђфџ",
}
_HEBREW: Final = {"Hebrew": "יוהלארמשתבנדקעכחפגסטצםזןךףץ"}
_ARABIC: Final = {"Arabic": "اليمنترودبعسهةكفحقجصشطخضزثذغئءأإآىظؤ", "Persian": "ایرنومدهتسبلشکزفگعخقجآپحطصچغضظثژذ"}
_THAI: Final = {"Thai": "านรอกเงมยลวดทสตะปบคหแจพชขใไโผซธถศญฐณภษฟฉํ์่้ิีึืุูัำๆ็๊๋ฯฮฝฬฎฏฆ"}
_ENCODINGS: Final[Mapping[str, Mapping[str, str]]] = {
    "cp1252": _LATIN_MIXED,
    LATIN_9: _LATIN_MIXED,  # cp1252 but for eight letters and the euro
    "cp1250": _LATIN_CENTRAL,
    "cp1251": _CYRILLIC,
    "cp1253": _GREEK,
    "cp1254": _TURKISH,
    "cp1257": _BALTIC,
    "cp1255": _HEBREW,
    "cp1256": _ARABIC,
    "koi8_r": _CYRILLIC,
    "koi8_u": _CYRILLIC,
    "cp866": _CYRILLIC,
    "iso8859_5": _CYRILLIC,
    "iso8859_2": _LATIN_CENTRAL,
    "cp852": _LATIN_CENTRAL,
    "mac_roman": _LATIN_WESTERN,
    "cp850": _LATIN_WESTERN,
    "cp862": _HEBREW,
    "iso8859_6": _ARABIC,
    "cp874": _THAI,
}
_LATIN: Final = (_LATIN_MIXED, _LATIN_WESTERN, _LATIN_CENTRAL, _TURKISH, _BALTIC)
_FOREIGN: Final = re.compile(r"[^\x00-\x7f]")
_MIXED: Final = re.compile(r"(?<=[A-Za-z])[^\W\d_a-zA-Z]|[^\W\d_a-zA-Z](?=[A-Za-z])")
_LONG: Final = re.compile(r"(?<=[^\W\d_a-zA-Z])[^\W\d_a-zA-Z](?=[^\W\d_a-zA-Z])")
_CASE: Final = re.compile(r"[^\W\d_](?=[^\W\d_])")
_INSIDE: Final = re.compile(r"(?<=[^\W\d_])[^\w\s\x00-\x7f’‘'´·](?=[^\W\d_])")


class Reading(Struct, frozen=True):
    """The text as one encoding and its best language have it."""

    encoding: str
    language: str
    nats: float  # of the whole text; only differences mean something
    mean: float  # a character beyond ASCII
    text: str
    is_latin: bool


def readings(sample: bytes) -> list[Reading]:
    """The best first; one for each encoding. `sample`: lines with bytes beyond ASCII."""
    guesses = {encoding: _read(sample, encoding, languages) for encoding, languages in _ENCODINGS.items()}
    if guesses[LATIN_9].nats <= guesses[WESTERN].nats:  # a rival only where the other has signs inside of words
        del guesses[LATIN_9]
    return sorted(guesses.values(), key=lambda reading: -reading.nats)


def rivals(best: Reading, others: list[Reading]) -> list[Reading]:
    """Those near the best that give another text, one for each text."""
    texts = {best.text}
    near: list[Reading] = []
    for reading in others:
        within = WESTERN_WITHIN if reading.encoding == WESTERN else RIVAL_WITHIN
        if best.nats - reading.nats < within and reading.text not in texts and reading.mean > PLAUSIBLE_MEAN:
            texts.add(reading.text)
            near.append(reading)
    return near


def _read(sample: bytes, encoding: str, languages: Mapping[str, str]) -> Reading:
    text = sample.decode(encoding, "replace")
    foreign = _FOREIGN.findall(text.lower())[:CHARACTERS_MAX]
    counts = {character: foreign.count(character) for character in set(foreign)}
    is_latin = languages in _LATIN
    flaws = _flaws(text, is_latin)
    scores = {name: sum(count * _nats(letter, letters) for letter, count in counts.items()) for name, letters in languages.items()}
    language = max(scores, key=lambda name: scores[name])
    nats = scores[language] + flaws
    mean = nats / max(1, len(foreign))
    return Reading(encoding, language, nats + (WESTERN_BONUS if encoding == WESTERN else 0), mean, text, is_latin)


def _flaws(text: str, is_latin: bool) -> float:
    """What no language has: symbols inside words, capitals behind small letters, scripts mixed in a word."""
    odd = sum(
        text[m.start()].islower() and text[m.end()].isupper() and not text[m.start() : m.end() + 1].isascii() for m in _CASE.finditer(text)
    )
    script = _LONG_RUN * len(_LONG.findall(text)) if is_latin else _MIXED_SCRIPTS * len(_MIXED.findall(text))
    return _ODD_CASE * odd + script + _UNKNOWN * len(_INSIDE.findall(text))


def _nats(character: str, letters: str) -> float:
    if character == "\ufffd":
        return _UNDEFINED
    if character in _SYMBOLS:
        return _SYMBOL
    return _frequencies(letters).get(character, _UNKNOWN)


@cache
def _frequencies(letters: str) -> dict[str, float]:
    """Zipf's law, which is near enough for letters in order."""
    weights = {letter: 1 / (rank + 2) for rank, letter in reversed(list(enumerate(letters)))}
    total = sum(weights.values())
    return {letter: math.log(weight / total) for letter, weight in weights.items()}
