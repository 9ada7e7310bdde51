"""Which encoding of Chinese, Japanese or Korean a text is in, by how frequent its characters are there. Pure.

Two bytes of one such encoding are mostly a character in the others too, but a rare one: the rows of the tables are in order of frequency,
and each language has some hundred characters that nearly every text holds.
"""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

PLAUSIBLE: Final = 0.5
NEAR: Final = 0.15
_FREQUENT: Final = 1.0
_USUAL: Final = 0.4
_FOREIGN: Final = -1.0  # of another script, or of no one
_SIMPLIFIED: Final = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前"
    "开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产新名称号区市县省京海州广北南东西电话书价格数量编码单位"
)
_TRADITIONAL: Final = frozenset(
    "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前"
    "開但因只從想實日軍者意無力它與長把機十民第公此已工使情明性知全三又關點正業外將兩高間由問很最重並物手應戰向頭文體政美相見被利什二等產新名稱號區市縣省京海州廣北南東西電話書價格數量編碼單位臺灣"
)
_SYLLABLES: Final = frozenset(
    "이다는에의가을고하지한도로리사기어자서정시은인아를대원일부나구전수장상조제주동보여해스비신화성소세공경라만있면들그선마유거관과연문안미모위방산개운오생무재중천강계번호름시간가격수량서울부산대구"
)


class EastReading(Struct, frozen=True):
    """`score`: 1 where all characters beyond ASCII are frequent ones of the language, 0 where they are rare."""

    encoding: str
    language: str
    score: float
    text: str


def east_readings(sample: bytes) -> list[EastReading]:
    """Those that can be decoded, the best first. `sample`: whole lines with bytes beyond ASCII."""
    found: list[EastReading] = []
    for encoding, language, weigh in _READINGS:
        try:
            text = sample.decode(encoding)
        except UnicodeDecodeError:
            continue
        characters = [character for character in text if character > "\x7f"]
        if characters:
            found.append(EastReading(encoding, language, sum(map(weigh, characters)) / len(characters), text))
    return sorted(found, key=lambda reading: -reading.score)


def east_rivals(best: EastReading, others: list[EastReading]) -> list[EastReading]:
    """Those near the best that give another text; of a weak guess all of them."""
    least = best.score - NEAR if best.score >= PLAUSIBLE else -1.0
    return [reading for reading in others if reading.text != best.text and reading.score > least]


def _chinese(frequent: frozenset[str], encoding: str, usual: range) -> Callable[[str], float]:
    def weigh(character: str) -> float:
        if character in frequent or "\u3000" <= character <= "\u3011" or "\uff01" <= character <= "\uff5e":
            return _FREQUENT
        if not "\u4e00" <= character <= "\u9fff":
            return _FOREIGN
        return _USUAL if _lead(character, encoding) in usual else 0.0

    return weigh


def _japanese(character: str) -> float:
    if "\u3040" <= character <= "\u30ff" or "\u3000" <= character <= "\u3011" or "\uff01" <= character <= "\uff5e":
        return _FREQUENT
    if not "\u4e00" <= character <= "\u9fff":
        return _FOREIGN
    return _USUAL + 0.2 if _lead(character, "cp932") in range(0x88, 0x98) else 0.0


def _korean(character: str) -> float:
    if character in _SYLLABLES:
        return _FREQUENT
    if "\uac00" <= character <= "\ud7a3":
        return _USUAL
    return 0.0 if "\u4e00" <= character <= "\u9fff" else _FOREIGN


def _lead(character: str, encoding: str) -> int:
    encoded = character.encode(encoding, "ignore")
    return encoded[0] if len(encoded) > 1 else 0


_READINGS: Final = (
    ("gb18030", "simplified Chinese", _chinese(_SIMPLIFIED, "gb2312", range(0xB0, 0xD8))),
    ("big5", "traditional Chinese", _chinese(_TRADITIONAL, "big5", range(0xA4, 0xC7))),
    ("cp932", "Japanese", _japanese),
    ("euc_jp", "Japanese", _japanese),
    ("cp949", "Korean", _korean),
)
