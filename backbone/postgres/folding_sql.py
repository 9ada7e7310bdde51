"""Texts in SQL without regard to case and accents, as `backbone.query.words.fold` has them in Python. Pure.

Written out, not as a function of the database: it is no part of an index, so it may change from one release to the next.
No part of it depends on the locale of the database, so that both homes compare and sort alike.
"""

from typing import Final

from backbone.types.sql_text import literal

_CAPITALS: Final = "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЁЂЃЄЅІЇЈЉЊЋЌЎЏҐԱԲԳԴԵԶԷԸԹԺԻԼԽԾԿՀՁՂՃՄՅՆՇՈՉՊՋՌՍՎՏՐՑՒՓՔՕՖ"
_LATIN: Final = ("ðøđħıłŋŧəɛɔɓɗƙƴǝƒɨʉςÐØĐĦŁŊŦƏƐƆƁƊƘƳƎƑƗɄʻʼ‘’‛", "dodhilntaeobdkyefiuσdodhlntaeobdkyefiu'''''")
_NO_LETTERS: Final = ("´™℠", "'®®")  # which NFKD would make of others
_LIGATURES: Final = (("ß", "ss"), ("ẞ", "ss"), ("æ", "ae"), ("Æ", "ae"), ("œ", "oe"), ("Œ", "oe"), ("þ", "th"), ("Þ", "th"))
_MARKS: Final = "'([a-z])[\\u0300-\\u036f]+'"
_LEAST: Final = "E'\\x01'"  # before every letter: a text comes before those that begin with it


def folded_sql(value: str) -> str:
    """Lower case, and Latin letters without their accents. Texts of ASCII, which most are, cost no more than `lower`."""
    signs = f"translate({value}, {literal(_NO_LETTERS[0])}, {literal(_NO_LETTERS[1])})"
    apart = f"regexp_replace(lower(normalize({signs}, NFKD) COLLATE \"C\"), {_MARKS}, '\\1', 'g')"
    rest = f"normalize(translate(folding.apart, {literal(_CAPITALS)}, {literal(_CAPITALS.lower())}), NFC)"
    rest = f"translate({rest}, {literal(_LATIN[0])}, {literal(_LATIN[1])})"
    for letter, letters in _LIGATURES:
        rest = f"replace({rest}, {literal(letter)}, {literal(letters)})"
    is_ascii = "octet_length(folding.apart) = length(folding.apart)"
    beyond = f"(SELECT CASE WHEN {is_ascii} THEN folding.apart ELSE {rest} END FROM (SELECT {apart} AS apart OFFSET 0) AS folding)"
    return f'(CASE WHEN octet_length({value}) = length({value}) THEN lower({value} COLLATE "C") ELSE {beyond} END COLLATE "C")'


def language_order_sql(value: str) -> str:
    """One text to sort by: the folded value, and behind it the value itself, so that `apfel`, `Apfel` and `Äpfel` have an order."""
    return f'(({folded_sql(value)} || {_LEAST} || {value}) COLLATE "C")'
