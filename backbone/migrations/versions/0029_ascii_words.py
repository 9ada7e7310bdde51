"""The rule of words in SQL says the same in about half of the time: a value of ASCII letters, as most are, is cut by replacements of single characters.

Regular expressions that replace take most of the time of an index of words, so they are left for what is rare. The functions keep their names:
what they answer is what they answered, so an index built before holds. But `^`, `$` and `|`, for which no query asks, are no words of an index any
more.
"""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

# As the branch for ASCII of 0011, with the apostrophes of 0027; the commonest separators first, then whatever else there is.
ASCII_TOKENS = r"""
CREATE FUNCTION rowmill_ascii_tokens(given text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 3000 AS $body$
DECLARE
    folded text := replace(lower(given COLLATE "C"), '`', '''');
    parts text;
    joined text := '';
    further text;
BEGIN
    parts := replace(replace(replace(replace(replace(replace(replace(folded,
        E'\n', ' '), '.', ' '), ',', ' '), '-', ' '), '"', ' '), '''', ' '), '/', ' ');
    IF parts ~ '[^a-z0-9 ]' COLLATE "C" THEN
        parts := regexp_replace(parts, '[^a-z0-9]+' COLLATE "C", ' ', 'g');
    END IF;
    WHILE strpos(parts, '  ') > 0 LOOP
        parts := replace(parts, '  ', ' ');
    END LOOP;
    parts := btrim(parts);
    IF parts = '' THEN
        RETURN '';
    END IF;
    IF parts ~ '[0-9][a-z]|[a-z][0-9]' COLLATE "C" THEN
        parts := regexp_replace(regexp_replace(parts, '([a-z])([0-9])', '\1 \2', 'g'), '([0-9])([a-z])', '\1 \2', 'g');
    END IF;
    IF length(parts) > 255 AND parts ~ '[^ ]{255}[^ ]' THEN
        parts := regexp_replace(parts, '([^ ]{255})(?=[^ ])', '\1 ', 'g');
    END IF;
    IF folded ~ '[a-z0-9][-_./''&][a-z0-9]|[0-9][a-z]|[a-z][0-9]' COLLATE "C" THEN
        IF folded ~ '^[a-z0-9]+([-_./''&][a-z0-9]+)*$' COLLATE "C" AND folded ~ '[a-z&'']' COLLATE "C" THEN  -- a code
            joined := left(replace(replace(replace(replace(replace(replace(folded,
                '-', ''), '_', ''), '.', ''), '/', ''), '''', ''), '&', ''), 255) || ' | ';
        ELSE
            SELECT coalesce(string_agg(
                CASE WHEN run[1] ~ '[a-z&'']' COLLATE "C" THEN left(regexp_replace(run[1], '[-_./''&]', '', 'g'), 255)
                WHEN run[1] ~ '^[0-9]+\.[0-9]+$' THEN left(regexp_replace(regexp_replace(run[1], '0+$', ''), '\.$', ''), 255)
                ELSE left(regexp_replace(run[1], '[-_/]', '.', 'g'), 255) END || ' | ', '' ORDER BY place), '')
            INTO joined
            FROM regexp_matches(folded, '([a-z0-9]+(?:[-_./''&][a-z0-9]+)*)' COLLATE "C", 'g') WITH ORDINALITY AS runs(run, place)
            WHERE run[1] ~ '[-_./''&]|[0-9][a-z]|[a-z][0-9]' COLLATE "C";
        END IF;
    END IF;
    IF strpos(folded, '#') > 0 OR strpos(folded, '++') > 0 THEN
        SELECT coalesce(string_agg(left(run[1], 255) || ' | ', '' ORDER BY place), '') INTO further
        FROM regexp_matches(folded, '([a-z]+(?:\+\+|#))(?![a-z0-9])' COLLATE "C", 'g') WITH ORDINALITY AS runs(run, place);
        joined := joined || further;
    END IF;
    RETURN ' ^ ' || parts || ' $ ' || joined;
END
$body$
"""
# Each value of a row by the way that is right for it.
LINES = """
CREATE OR REPLACE FUNCTION rowmill_lines(given text[]) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 20000 AS $body$
DECLARE
    value text;
    lines text := '';
BEGIN
    FOREACH value IN ARRAY given LOOP
        IF octet_length(value) = length(value) THEN
            lines := lines || rowmill_ascii_tokens(value);
        ELSE
            lines := lines || coalesce(rowmill_tokens(value), '');
        END IF;
    END LOOP;
    RETURN lines;
END
$body$
"""
# Of ASCII the text form of a tsvector is read straight: tokens have none of the signs that mean something there (`:`, `'`, `\\`).
VECTOR = """
CREATE OR REPLACE FUNCTION rowmill_word_vector(lines text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS $body$
BEGIN
    IF octet_length(lines) < 500000 THEN
        IF octet_length(lines) = length(lines) THEN
            RETURN replace(replace(replace(lines, ' ^ ', ' '), ' $ ', ' '), ' | ', ' ')::tsvector;
        END IF;
        RETURN array_to_tsvector(array_remove(string_to_array(lines, ' '), ''));
    END IF;
    RETURN array_to_tsvector(array_append(array_remove(string_to_array(regexp_replace(left(lines, 100000), '[^ ]*$', ''), ' '), ''), '!'));
END
$body$
"""


def upgrade() -> None:
    # As in 0011: what a function calls is called by its whole name.
    schema = op.get_bind().exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
    for function in (ASCII_TOKENS, LINES, VECTOR):
        op.get_bind().exec_driver_sql(function.replace(" rowmill_", f" {schema}.rowmill_").replace("(rowmill_", f"({schema}.rowmill_"))
