"""The words of small datasets, kept beside them: which datasets can have rows that a search is after, without asking each.

They are those of the version that readers see, of all its rows together, so a dataset that has the words may have no row with all of them: it is
asked. One whose words are not kept, for it is large, or has just been published, is asked too (`datasets.words_version`). So nothing is missed.
"""

from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    RowMapping,
    Select,
    String,
    Table,
    Text,
    and_,
    bindparam,
    cast,
    func,
    or_,
    select,
    text,
    union,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.datasets import to_table
from backbone.catalog.schema import datasets, metadata, row_tables, versions
from backbone.catalog.search_settings import with_settings
from backbone.catalog.seen import is_seen
from backbone.model import View
from backbone.postgres.columns_sql import visible_sql
from backbone.postgres.words_sql import lines_sql

ROWS_MAX: Final = 5_000
CHARACTERS_MAX: Final = 8 * 1024 * 1024  # of all rows, were each as long as the longest: they are read through at each publish, or nearly
WORDS_BYTES_MAX: Final = 300_000  # of different ones, and of pairs: a tsvector holds a MiB

dataset_words = Table(
    "dataset_words",
    metadata,
    Column("dataset_id", ForeignKey("datasets.id", ondelete="CASCADE"), primary_key=True),
    Column("language", String(20), nullable=False, index=True),
    Column("words", TSVECTOR, nullable=False),
    Index("dataset_words_words_index", "words", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
)
_SAME_WORDS_RULE: Final = 3  # the first that finds the words that today's does
_IS_WORDLESS: Final = and_(
    datasets.c.version > 0, datasets.c.removed_at.is_(None), datasets.c.words_version.is_distinct_from(datasets.c.version)
)

_WORDLESS: Final = (
    select(row_tables, versions.c.number, datasets.c.search, datasets.c.longest_row, datasets.c.name, datasets.c.id.label("of"))
    .join(versions, versions.c.table_id == row_tables.c.id)
    .join(datasets, and_(datasets.c.id == versions.c.dataset_id, datasets.c.version == versions.c.number))
    .where(_IS_WORDLESS, datasets.c.id > bindparam("after"), versions.c.removed_at.is_(None), versions.c.published_at.is_not(None))
    .where(versions.c.rows <= ROWS_MAX, versions.c.rows * datasets.c.longest_row <= CHARACTERS_MAX)
    .order_by(datasets.c.id)
    .limit(1)
    .with_for_update(of=datasets, key_share=True, skip_locked=True)
)
_WORDLESS_BY_RULE: Final = _WORDLESS.where(or_(row_tables.c.words_rule >= _SAME_WORDS_RULE, row_tables.c.documents != "there"))


class Named(Struct, frozen=True, kw_only=True):
    """Datasets that a principal sees, of those that were named; by name, behind `after`."""

    after: str
    seen: Sequence[str]
    named: Sequence[str]

    def narrow(self, query: Select[Any]) -> Select[Any]:
        is_it = (is_seen(datasets.c.name, self.seen), is_seen(datasets.c.name, self.named))
        return query.where(datasets.c.name > self.after, datasets.c.removed_at.is_(None), *is_it)


async def languages_of_words(connection: AsyncConnection) -> list[str]:
    """In which any dataset with words is searched."""
    return [language for (language,) in await connection.execute(_LANGUAGES)]


async def possible_datasets(connection: AsyncConnection, named: Named, words: str | None, limit: int) -> Sequence[RowMapping]:
    """By name, those with a published version that may have rows with the words (a tsquery; None: any may)."""
    query = named.narrow(select(datasets.c.name, datasets.c.title).where(datasets.c.version > 0))
    if words is not None:
        has_words = select(dataset_words.c.dataset_id).where(dataset_words.c.words.op("@@")(cast(cast(words, Text), TSQUERY)))
        query = query.where(datasets.c.id.in_(union(has_words, select(datasets.c.id).where(_IS_WORDLESS))))
    rows: Sequence[RowMapping] = (await connection.execute(query.order_by(datasets.c.name).limit(limit))).mappings().all()
    return rows


async def count_datasets(connection: AsyncConnection, named: Named, through: str | None) -> int:
    """`through`: until that name; None: all that follow."""
    query = named.narrow(select(func.count()).select_from(datasets))
    return int((await connection.execute(query if through is None else query.where(datasets.c.name <= through))).scalar_one())


class Wordless(Struct, frozen=True):
    dataset_id: int
    view: View


async def lock_wordless(connection: AsyncConnection, after: int, *, by_todays_rule: bool) -> Wordless | None:
    """The next small dataset, by its id, whose words are not kept, for this transaction alone. `by_todays_rule`: of those alone whose
    documents, if they have any, were made by the rule of words of today."""
    query = _WORDLESS_BY_RULE if by_todays_rule else _WORDLESS
    row = (await connection.execute(query, {"after": after})).mappings().first()
    if row is None:
        return None
    table = with_settings(to_table(row), row["search"])
    return Wordless(row["of"], View(dataset=row["name"], table=table, version=row["number"], longest_row=row["longest_row"]))


async def keep_words(connection: AsyncConnection, wordless: Wordless) -> None:
    """In the transaction that has locked it."""
    table, version = wordless.view.table, wordless.view.version
    statement = _KEEP.format(lines=lines_sql(table), rows=f"{table.name} AS t", visible=visible_sql(str(int(version))))
    await connection.exec_driver_sql(statement, (wordless.dataset_id, table.language, version))


# Each language is looked for behind the one before it: reading all of the index would take as long as there are datasets.
_LANGUAGES: Final = text("""
    WITH RECURSIVE found AS (
        SELECT min(language) AS language FROM dataset_words
        UNION ALL SELECT (SELECT min(language) FROM dataset_words WHERE language > found.language) FROM found WHERE found.language IS NOT NULL
    )
    SELECT language FROM found WHERE language IS NOT NULL
""")
# A pair of words that follow each other is a word too, for phrases. Marks that no query has stand for any pair, and for any word.
_KEEP: Final = f"""
WITH neighbours AS MATERIALIZED (
    SELECT DISTINCT following.word, following.next  -- told from columns of such names
    FROM {{rows}}, string_to_array({{lines}}, ' ') AS line, unnest(line.line, line.line[2:]) AS following(word, next)
    WHERE {{visible}} AND following.word NOT IN ('', '^', '$', '|')
),
words AS (SELECT DISTINCT word FROM neighbours),
pairs AS (SELECT word || ' ' || next AS word FROM neighbours WHERE next NOT IN ('', '^', '$', '|')),
noted AS (UPDATE datasets SET words_version = $3 WHERE id = $1)
INSERT INTO dataset_words (dataset_id, language, words)
SELECT $1, $2, CASE
    WHEN (SELECT coalesce(sum(octet_length(word)), 0) FROM words) > {WORDS_BYTES_MAX} THEN '''!'''::tsvector
    WHEN (SELECT coalesce(sum(octet_length(word)), 0) FROM pairs) > {WORDS_BYTES_MAX}
        THEN array_to_tsvector(ARRAY(SELECT word FROM words) || '!!'::text)
    ELSE array_to_tsvector(ARRAY(SELECT word FROM words) || ARRAY(SELECT word FROM pairs)) END
ON CONFLICT (dataset_id) DO UPDATE SET language = excluded.language, words = excluded.words"""
