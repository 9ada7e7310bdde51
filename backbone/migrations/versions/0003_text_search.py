"""The functions that full text in PostgreSQL stands on: the rule of `backbone.query.words` in SQL, and text of times that an index may hold.

They are part of index expressions. To change one, write a new function under a new name: an index built with the old one must not be
read with the new one.
"""

from alembic import op

revision = "0003"
down_revision = "0001"
branch_labels = None
depends_on = None

# In C locales `lower` knows ASCII only: capitals of the scripts that have them most often are lowered by name.
GREEK_AND_CYRILLIC = "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΆΈΉΊΌΎΏΪΫАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЁЂЃЄЅІЇЈЉЊЋЌЎЏҐ"
LATIN = ("ðøđħıłŋŧəɛɔɓɗƙƴǝƒɨʉς", "dodhilntaeobdkyefiuσ")
LATIN_CAPITALS = ("ÐØĐĦŁŊŦƏƐƆƁƊƘƳƎƑƗɄ", "dodhlntaeobdkyefiu")

LETTER = "[a-z\\u00aa-\\uffff]"  # punctuation beyond ASCII has become a blank when this is asked

# A character that joins (backbone.query.words) becomes a letter and its code, `3.14` the word `3x2e14`: PostgreSQL's parser would cut it, or see
# a host, a version or a file in it. Everything else that is no letter becomes a blank, so that the parser sees nothing but words.
FOLD = f"""
CREATE FUNCTION rowmill_fold(given text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10000 AS $body$
DECLARE
    folded text := lower(left(given, 200000) COLLATE pg_catalog."default");
BEGIN
    IF octet_length(folded) <> length(folded) THEN
        folded := normalize(folded, NFKD);
        IF folded ~ '[{LATIN_CAPITALS[0]}]' COLLATE "C" THEN
            folded := translate(folded, '{LATIN_CAPITALS[0]}', '{LATIN_CAPITALS[1]}');
        END IF;
        folded := lower(folded);  -- NFKD and the line above bring capital letters of ASCII in C locales
        folded := regexp_replace(folded, '([a-z])[\\u0300-\\u036f]+', '\\1', 'g');
        folded := normalize(folded, NFC);
        folded := replace(folded, '’', '''');
        IF folded ~ '[{GREEK_AND_CYRILLIC}]' COLLATE "C" THEN
            folded := translate(folded, '{GREEK_AND_CYRILLIC}', '{GREEK_AND_CYRILLIC.lower()}');
        END IF;
        IF folded ~ '[{LATIN[0]}]' COLLATE "C" THEN
            folded := translate(folded, '{LATIN[0]}', '{LATIN[1]}');
        END IF;
        folded := replace(replace(replace(replace(folded, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');
        folded := replace(replace(replace(replace(folded, 'ẞ', 'ss'), 'Æ', 'ae'), 'Œ', 'oe'), 'Þ', 'th');
        folded := regexp_replace(folded, '([\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff\\u3041-\\u309f])' COLLATE "C", ' \\1 ', 'g');
        folded := regexp_replace(folded, '(?<={LETTER})·(?={LETTER})' COLLATE "C", 'xb7', 'g');
        folded := regexp_replace(
            folded,
            '[\\u0080-\\u00a9\\u00ab-\\u00b4\\u00b6-\\u00b9\\u00bb-\\u00bf\\u00d7\\u00f7\\u02c2-\\u02c5\\u02d2-\\u02df'
            '\\u2000-\\u206f\\u20a0-\\u20cf\\u2190-\\u2bff\\u2e00-\\u2e7f\\u3000-\\u3004\\u3008-\\u3020\\u3030\\u30fb'
            '\\ufe00-\\ufe6f\\uff00-\\uff0f\\U0001f000-\\U0001faff]+' COLLATE "C",
            ' ', 'g');
    END IF;
    IF position('_' in folded) > 0 THEN
        folded := regexp_replace(folded, '(?<![^\\u0001-/:-@\\[-^`{{-\\u00a9])_+(?![^\\u0001-/:-@\\[-^`{{-\\u00a9])' COLLATE "C", ' ', 'g');
        folded := replace(folded, '_', 'x5f');
    END IF;
    IF folded ~ '[^\\u0001-/:-@][.'',:;][^\\u0001-/:-@]' COLLATE "C" THEN
        folded := regexp_replace(folded, '(?<={LETTER})\\.(?={LETTER})|(?<=[0-9])\\.(?=[0-9])' COLLATE "C", 'x2e', 'g');
        folded := regexp_replace(folded, '(?<={LETTER})''(?={LETTER})|(?<=[0-9])''(?=[0-9])' COLLATE "C", 'x27', 'g');
        folded := regexp_replace(folded, '(?<={LETTER}):(?={LETTER})' COLLATE "C", 'x3a', 'g');
        folded := regexp_replace(folded, '(?<=[0-9]),(?=[0-9])', 'x2c', 'g');
        folded := regexp_replace(folded, '(?<=[0-9]);(?=[0-9])', 'x3b', 'g');
    END IF;
    -- Not `translate`, which compares each character with each of its list: 14 times slower than this.
    RETURN regexp_replace(folded, '[!-/:-@\\[-^`{{-~]+' COLLATE "C", ' ', 'g');
END
$body$
"""

# `to_char` and casts of times depend on settings, in general; with these patterns they do not.
TIME_TEXT = """
CREATE FUNCTION rowmill_time_text(moment timestamp, pattern text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
BEGIN
    RETURN to_char(moment, pattern);
END
$body$
"""
CELLS_TEXT = """
CREATE FUNCTION rowmill_cells_text(cells text[], border text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
BEGIN
    RETURN array_to_string(cells, border);
END
$body$
"""


def upgrade() -> None:
    for function in (FOLD, TIME_TEXT, CELLS_TEXT):
        op.get_bind().exec_driver_sql(function)
