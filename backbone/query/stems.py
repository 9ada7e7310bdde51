"""Other forms of a word: `teapot` for `teapots`, `running` for `runs`. Pure, and the same for whoever asks, as it depends on the word alone.

Snowball says which words have one stem; the forms that are tried are the stem with the endings by which the language inflects. So no index
holds stems: a query looks for the forms, and another language of a dataset holds from the next search on.
"""

from functools import lru_cache
from typing import Final, Literal, get_args

from snowballstemmer import stemmer

Language = Literal[
    "none",
    "danish",
    "dutch",
    "english",
    "finnish",
    "french",
    "german",
    "italian",
    "norwegian",
    "portuguese",
    "russian",
    "spanish",
    "swedish",
]
LANGUAGES: Final[tuple[str, ...]] = get_args(Language)
LETTERS_MIN: Final = 3
LETTERS_MAX: Final = 40
FORMS_MAX: Final = 100  # the shortest: each is looked up in every column

# As words are compared: without accents.
_ENDINGS: Final = {
    "danish": "e er en et ene erne s es ens ets ernes ers ede te r t n",
    "dutch": "s e en er ers es t te ten de den d je jes tje tjes end ende ing ingen",
    "english": "s es e ed d ing ings er ers ies ied y ly ier iest est",
    "finnish": "n a t i ta na tta ssa sta lla lta lle ksi en in ja ia iin issa ista illa ilta ille ina iksi si ni nsa mme nne han hun hon den tten seen t ita",
    "french": "s e es ee ees er ez ent ant ante ants antes ait ais aient ons ions iez eur eurs euse euses x ir is it",
    "german": "e en er ern em es s n st est t et te ten ens nen in innen ung ungen end ende enden",
    "italian": "o i a e are ere ire ato ata ati ate ito ita iti ite uto ando endo ano ono ava avano hi he",
    "norwegian": "e er en et ene s es ens ets enes ers a ede te r t n",
    "portuguese": "s o a os as es e ar er ir am em ado ada ados adas ido ida ando endo indo ou ava avam aram",
    "russian": "а я ы и у ю е о й ь ой ей ом ем ам ям ами ями ах ях ов ев ий ый ая яя ое ее ые ие ого его ому ему ым им ую юю "
    "ых их ыми ими ть л ла ло ли ет ит ут ют ат ят",
    "spanish": "s o a os as es e ar er ir an en ado ada ados adas ido ida idos idas ando iendo aba aban aron ito ita itos itas",
    "swedish": "a ar er or e en et n t s na arna erna orna ens ets as ade at ande es r",
}


@lru_cache(maxsize=2_000)
def forms_of(word: str, language: str) -> tuple[str, ...]:
    """Of a folded word; without itself. None for what is no word of letters, and in a language that is not known ("none")."""
    if language not in _ENDINGS or not word.isalpha() or not LETTERS_MIN <= len(word) <= LETTERS_MAX:
        return ()
    snowball = stemmer(language)
    stem = snowball.stemWord(word)
    bases = {base for whole in (word, stem) for base in _bases(whole)}
    candidates = sorted(
        (bases | {base + ending for base in bases for ending in _ENDINGS[language].split()}) - {word}, key=lambda w: (len(w), w)
    )
    stems = snowball.stemWords(candidates)
    return tuple(form for form, its_stem in zip(candidates, stems, strict=True) if its_stem == stem)[:FORMS_MAX]


def _bases(word: str) -> set[str]:
    """What endings are put to: the word, shorter by a letter or two, its last letter doubled (`run-ning`), its last vowel (`boten`, `boot`)."""
    bases = {word, word[:-1], word[:-2], word + word[-1]}
    if len(word) > 2:
        bases.add(word[:-1] + word[-2:])
    return {base for base in bases if len(base) > 1}
