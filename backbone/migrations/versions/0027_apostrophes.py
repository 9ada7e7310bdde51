"""One apostrophe for all that keyboards and programs have, and ™ is no `tm`: the rule of words (`backbone.query.words`) as it is from now on.

The function is replaced in its place: indices go on. What an index of before has of a value with such a sign is what it had, and queries with
such a sign look for that, too (`former_words`); of all other values the words are the same.
"""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

# As in 0011.
GREEK_AND_CYRILLIC = "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΆΈΉΊΌΎΏΪΫАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЁЂЃЄЅІЇЈЉЊЋЌЎЏҐ"
LATIN = ("ðøđħıłŋŧəɛɔɓɗƙƴǝƒɨʉς", "dodhilntaeobdkyefiuσ")
LATIN_CAPITALS = ("ÐØĐĦŁŊŦƏƐƆƁƊƘƳƎƑƗɄ", "dodhlntaeobdkyefiu")
APOSTROPHES = "`\u00b4\u02bb\u02bc\u2018\u2019\u201b"
QUOTES = "''" * len(APOSTROPHES)  # each written twice in a literal

FOLD = f"""
CREATE OR REPLACE FUNCTION rowmill_folded(given text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 5000 AS $body$
DECLARE
    folded text := lower(given COLLATE pg_catalog."default");
BEGIN
    IF octet_length(folded) = length(folded) THEN
        RETURN replace(folded, '`', '''');
    END IF;
    folded := normalize(translate(folded, '{APOSTROPHES}™℠', '{QUOTES}  '), NFKD);
    IF folded ~ '[{LATIN_CAPITALS[0]}]' COLLATE "C" THEN
        folded := translate(folded, '{LATIN_CAPITALS[0]}', '{LATIN_CAPITALS[1]}');
    END IF;
    folded := lower(folded);  -- NFKD and the line above bring capital letters of ASCII in C locales
    folded := regexp_replace(folded, '([a-z])[\\u0300-\\u036f]+', '\\1', 'g');
    folded := normalize(folded, NFC);
    folded := translate(folded, '{APOSTROPHES}', '{QUOTES}');  -- NFKD brings some
    IF folded ~ '[{GREEK_AND_CYRILLIC}]' COLLATE "C" THEN
        folded := translate(folded, '{GREEK_AND_CYRILLIC}', '{GREEK_AND_CYRILLIC.lower()}');
    END IF;
    IF folded ~ '[{LATIN[0]}]' COLLATE "C" THEN
        folded := translate(folded, '{LATIN[0]}', '{LATIN[1]}');
    END IF;
    folded := replace(replace(replace(replace(folded, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');
    RETURN replace(replace(replace(replace(folded, 'ẞ', 'ss'), 'Æ', 'ae'), 'Œ', 'oe'), 'Þ', 'th');
END
$body$
"""


def upgrade() -> None:
    schema = op.get_bind().exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
    op.get_bind().exec_driver_sql(FOLD.replace(" rowmill_", f" {schema}.rowmill_"))
