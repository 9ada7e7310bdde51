"""What a word is, and when two words are the same: the rule that both search indices, their queries and the highlights follow. Pure.

Text is cut as Unicode's word borders (UAX 29) and Elasticsearch's `standard` tokenizer cut it: letters, digits and `_` belong together; one
`.` `'` or `:` between two letters and one `.` `,` `;` or `'` between two digits do not end a word; all else does. So `3.14`, `1,000`,
`example.com`, `don't` and `foo_bar` are one word each, `vaba-173710` and `john@example.com` are two; each Han or Hiragana letter is one.
Words are equal without regard to case, and Latin letters without regard to accents (`Łódź` is `lodz`, `Straße` is `strasse`).

`rowmill_fold` in the migrations says the same in SQL; the contract suite of the search index compares them. What is known to remain: emoji
are no words; accents written as separate combining characters are ignored in PostgreSQL only; PostgreSQL finds words in the first 200,000
characters of a row.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

_ALONE: Final = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3041-\u309f"  # scripts that write no spaces: a letter is a word
_JOINED: Final = "(?:(?![" + _ALONE + "])[\\w\u0300-\u036f])+"
_LETTER_JOINS: Final = "(?<=[^\\W\\d_])[.'\u2019:\u00b7](?=[^\\W\\d_])"
_DIGIT_JOINS: Final = "(?<=\\d)[.'\u2019,;](?=\\d)"
_WORD: Final = re.compile(f"[{_ALONE}]|{_JOINED}(?:(?:{_LETTER_JOINS}|{_DIGIT_JOINS}){_JOINED})*")
_LATIN_ACCENTS: Final = re.compile("(?<=[a-z])[\u0300-\u036f]+")
_LATIN: Final = str.maketrans(
    {
        **dict(zip("ðøđħıłŋŧəɛɔɓɗƙƴǝƒɨʉ\u2019ς", "dodhilntaeobdkyefiu'σ", strict=True)),
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
    }
)


class FoundWord(Struct, frozen=True):
    """`text[start:end]` is a word; `folded` is what it is compared by."""

    start: int
    end: int
    folded: str


def fold(text: str) -> str:
    """Lower case, and Latin letters without their accents."""
    lower = text.lower()
    if lower.isascii():
        return lower
    apart = _LATIN_ACCENTS.sub("", unicodedata.normalize("NFKD", lower))
    return unicodedata.normalize("NFC", apart).translate(_LATIN)


def find_words(text: str) -> Iterator[FoundWord]:
    for match in _WORD.finditer(text):
        token = match.group()
        if token.strip("_"):  # underscores alone are no word
            yield FoundWord(match.start(), match.end(), fold(token))


def folded_words(text: str) -> list[str]:
    return [word.folded for word in find_words(text)]
