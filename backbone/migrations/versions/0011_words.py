"""The rule of words in SQL (`backbone.query.words`), and what a dataset says about its search.

The functions are part of index expressions. To change one, write a new function under a new name: an index built with the old one must not be
read with the new one. A table made before says so (`words_rule`): its search index is made anew by `rowmill index`.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# In C locales `lower` knows ASCII only: capitals of the scripts that have them most often are lowered by name.
GREEK_AND_CYRILLIC = "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΆΈΉΊΌΎΏΪΫАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЁЂЃЄЅІЇЈЉЊЋЌЎЏҐ"
LATIN = ("ðøđħıłŋŧəɛɔɓɗƙƴǝƒɨʉς", "dodhilntaeobdkyefiuσ")
LATIN_CAPITALS = ("ÐØĐĦŁŊŦƏƐƆƁƊƘƳƎƑƗɄ", "dodhlntaeobdkyefiu")

# The ranges of `backbone.query.words`, as PostgreSQL writes them.
OTHERS = (
    "\\u0080-\\u00a9\\u00ab-\\u00b4\\u00b6-\\u00b9\\u00bb-\\u00bf\\u00d7\\u00f7\\u02c2-\\u02c5\\u02d2-\\u02df\\u2000-\\u206f\\u20a0-\\u20cf\\u2190-\\u2bff"
    "\\u2e00-\\u2e7f\\u3000-\\u3004\\u3008-\\u3020\\u3030\\u30fb\\ue000-\\uf8ff\\ufe00-\\ufe6f\\uff00-\\uff0f\\ufff0-\\uffff\\U0001f000-\\U0001faff"
)
ALONE = (
    "\\u0e01-\\u0e3a\\u0e40-\\u0eff\\u1000-\\u109f\\u1780-\\u17ff\\u3005-\\u3007\\u3041-\\u309f\\u30a0-\\u30fa\\u30fc-\\u30ff\\u3400-\\u4dbf\\u4e00-\\u9fff"
    "\\uac00-\\ud7a3\\uf900-\\ufaff\\U00020000-\\U0003ffff"
)
LETTER = f"[^\\u0001-`{{-\\u007f{OTHERS}{ALONE}]"
WRITTEN = f"[^\\u0001-/:-`{{-\\u007f{OTHERS}{ALONE}]"
JOINER = "[-_./''&\\u00b7]"

FOLD = f"""
CREATE FUNCTION rowmill_folded(given text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 5000 AS $body$
DECLARE
    folded text := lower(given COLLATE pg_catalog."default");
BEGIN
    IF octet_length(folded) = length(folded) THEN
        RETURN folded;
    END IF;
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
    RETURN replace(replace(replace(replace(folded, 'ẞ', 'ss'), 'Æ', 'ae'), 'Œ', 'oe'), 'Þ', 'th');
END
$body$
"""

# A line begins and ends with a blank, so that ` word ` is found in it. No line for a value without a word.
TOKENS = f"""
CREATE FUNCTION rowmill_tokens(given text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10000 AS $body$
DECLARE
    folded text := rowmill_folded(given);
    is_ascii boolean := octet_length(given) = length(given);
    parts text;
    joined text := '';
    further text;
BEGIN
    IF octet_length(folded) = length(folded) THEN
        parts := regexp_replace(folded, '[^a-z0-9]+', ' ', 'g');
        IF parts ~ '[0-9][a-z]|[a-z][0-9]' THEN
            parts := regexp_replace(regexp_replace(parts, '([a-z])([0-9])', '\\1 \\2', 'g'), '([0-9])([a-z])', '\\1 \\2', 'g');
        END IF;
    ELSE
        parts := regexp_replace(folded, '[\\u0001-/:-`{{-\\u007f{OTHERS}]+' COLLATE "C", ' ', 'g');
        parts := regexp_replace(parts, '([{ALONE}])' COLLATE "C", ' \\1 ', 'g');
        parts := regexp_replace(parts, '([0-9])({LETTER})' COLLATE "C", '\\1 \\2', 'g');
        parts := regexp_replace(parts, '({LETTER})([0-9])' COLLATE "C", '\\1 \\2', 'g');
        parts := regexp_replace(parts, ' +', ' ', 'g');
    END IF;
    parts := btrim(parts);
    IF parts = '' THEN
        RETURN '';
    END IF;
    IF length(parts) > 255 AND parts ~ '[^ ]{{255}}[^ ]' THEN
        parts := regexp_replace(parts, '([^ ]{{255}})(?=[^ ])', '\\1 ', 'g');
    END IF;
    IF folded ~ '{WRITTEN}{JOINER}{WRITTEN}|[0-9]{LETTER}|{LETTER}[0-9]' COLLATE "C" THEN
        SELECT coalesce(string_agg(
            CASE WHEN run[1] ~ '^[0-9]+\\.[0-9]+$' THEN left(regexp_replace(regexp_replace(run[1], '0+$', ''), '\\.$', ''), 255)
            WHEN run[1] ~ '^[0-9](.*[0-9])?$' AND run[1] !~ '[^-0-9_./]' THEN left(regexp_replace(run[1], '[-_/]', '.', 'g'), 255)
            ELSE left(regexp_replace(run[1], '{JOINER}', '', 'g'), 255) END || ' | ', '' ORDER BY place), '')
        INTO joined
        FROM regexp_matches(folded, '({WRITTEN}+(?:{JOINER}{WRITTEN}+)*)' COLLATE "C", 'g') WITH ORDINALITY AS runs(run, place)
        WHERE run[1] ~ '{JOINER}|[0-9]{LETTER}|{LETTER}[0-9]' COLLATE "C";
    END IF;
    IF folded ~ '#|\\+\\+' THEN
        SELECT coalesce(string_agg(left(run[1], 255) || ' | ', '' ORDER BY place), '') INTO further
        FROM regexp_matches(folded, '({LETTER}+(?:\\+\\+|#))(?!{WRITTEN})' COLLATE "C", 'g') WITH ORDINALITY AS runs(run, place);
        joined := joined || further;
    END IF;
    IF NOT is_ascii AND given ~ '[äöüÄÖÜ\\u0308]' COLLATE "C" THEN
        joined := joined || rowmill_umlauts(normalize(given, NFC));
    END IF;
    RETURN ' ^ ' || parts || ' $ ' || joined;
END
$body$
"""
UMLAUTS = """
CREATE FUNCTION rowmill_umlauts(given text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 5000 AS $body$
DECLARE
    written text;
BEGIN
    SELECT string_agg(left(regexp_replace(rowmill_folded(
        replace(replace(replace(replace(replace(replace(run[1], 'ä', 'ae'), 'ö', 'oe'), 'ü', 'ue'), 'Ä', 'ae'), 'Ö', 'oe'), 'Ü', 'ue')
    ), '[^a-z]', '', 'g'), 255) || ' | ', '' ORDER BY place) INTO written
    FROM regexp_matches(given, '([a-zA-ZÀ-ÖØ-öø-ɏẞ]*[äöüÄÖÜ][a-zA-ZÀ-ÖØ-öø-ɏẞ]*)' COLLATE "C", 'g') WITH ORDINALITY AS runs(run, place);
    RETURN coalesce(written, '');
END
$body$
"""
LINES = """
CREATE FUNCTION rowmill_lines(given text[]) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 20000 AS $body$
DECLARE
    value text;
    lines text := '';
BEGIN
    FOREACH value IN ARRAY given LOOP
        lines := lines || coalesce(rowmill_tokens(value), '');
    END LOOP;
    RETURN lines;
END
$body$
"""
# A tsvector holds a MiB: of a longer row, the words in the first part, and a mark that says so (docs/design/words.md).
VECTOR = """
CREATE FUNCTION rowmill_word_vector(lines text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS $body$
BEGIN
    IF octet_length(lines) < 500000 THEN
        RETURN array_to_tsvector(array_remove(string_to_array(lines, ' '), ''));
    END IF;
    RETURN array_to_tsvector(array_append(array_remove(string_to_array(regexp_replace(left(lines, 100000), '[^ ]*$', ''), ' '), ''), '!'));
END
$body$
"""


def upgrade() -> None:
    # An index is built with a search path of nothing: what a function calls is called by its whole name.
    schema = op.get_bind().exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
    for function in (FOLD, UMLAUTS, TOKENS, LINES, VECTOR):
        op.get_bind().exec_driver_sql(function.replace(" rowmill_", f" {schema}.rowmill_").replace("(rowmill_", f"({schema}.rowmill_"))
    op.add_column("row_tables", sa.Column("words_rule", sa.SmallInteger, nullable=False, server_default="1"))
    op.add_column("row_tables", sa.Column("language", sa.String(20), nullable=False, server_default="none"))
    op.add_column("datasets", sa.Column("search", JSONB, nullable=False, server_default="{}"))
