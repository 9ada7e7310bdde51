"""The vocabulary of a large table: its words, kept beside it, so that words like another one are found in all rows and not in the first alone.

Made after publish, of rows that are published and not in it yet. It may have words of rows that a view does not show: what is found is counted in
the view. The word of no letter tells through which row it goes (`occurrences`), and whether it has all words (`letters` 1).
"""

import asyncio
from collections.abc import Iterable
from time import thread_time
from typing import Any, Final

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.model import Table, View
from backbone.postgres.columns_sql import visible_sql
from backbone.postgres.copied_lines import JSON_LINES, LineBlocks
from backbone.postgres.copy_out import copy_out
from backbone.postgres.predicates_sql import Parameters
from backbone.postgres.raw import raw_connection
from backbone.postgres.words_sql import matches_sqls, raw_text_sql
from backbone.query.ast import Word
from backbone.query.plan import make_plan
from backbone.query.typos import similar_words, steps_max
from backbone.query.vocabulary import WordCounts, bits_apart_max, letter_bits
from backbone.runtime.threads import in_thread
from backbone.search.port import TOTAL_EXACT_MAX
from backbone.search.postgres.similar_sql import ROWS_MAX, similar_words_sql

BLOCK_BYTES: Final = 128 * 1024  # counted in one go, in a thread: a few milliseconds in which others wait
WRITTEN_AT_ONCE: Final = 20_000
NEAR_MAX: Final = 10_000  # words with nearly the same letters, of which most are not meant
COUNTED_MAX: Final = 60  # words that may be meant, the likeliest


class Extent(Struct, frozen=True):
    through: int  # the row
    is_whole: bool


def vocabulary_name(table: Table) -> str:
    return f"{table.name}_vocabulary"


async def read_extent(raw: Any, table: Table) -> Extent | None:
    """None where there is no vocabulary."""
    name = vocabulary_name(table)
    if not await raw.fetchval("SELECT to_regclass($1) IS NOT NULL", name):
        return None
    record = await raw.fetchrow(f"SELECT occurrences, letters FROM {name} WHERE word = ''")
    return None if record is None else Extent(record["occurrences"], record["letters"] == 1)


async def extend_vocabulary(engine: AsyncEngine, table: Table, version: int, *, gives_way: bool = False) -> None:
    """By the rows up to this version, where they are more than a search reads. One at a time for a table. `gives_way`: at most half of this
    process's time goes into it."""
    name = vocabulary_name(table)
    async with raw_connection(engine) as raw:
        extent = await read_extent(raw, table) or Extent(-1, True)
        if await further_rows(raw, table, version, extent) <= ROWS_MAX:
            return
        last = await raw.fetchval(f"SELECT max(_row) FROM {table.name} WHERE _from <= $1", version)
    counts = WordCounts()
    query = f"SELECT {raw_text_sql(table)} FROM {table.name} AS t WHERE t._row > {extent.through} AND t._row <= {last}"
    async for block in copy_out(engine, query, LineBlocks(BLOCK_BYTES), **JSON_LINES):
        taken_s = await in_thread(_add, counts, block)
        if gives_way:
            await asyncio.sleep(taken_s)
    async with raw_connection(engine) as raw, raw.transaction():
        await raw.execute(
            f'CREATE TABLE IF NOT EXISTS {name} (word text COLLATE "C" PRIMARY KEY, occurrences bigint NOT NULL, letters bigint NOT NULL)'
        )
        words = counts.most_frequent()
        for start in range(0, len(words), WRITTEN_AT_ONCE):
            await raw.execute(_ADD.format(name=name), *_columns(words[start : start + WRITTEN_AT_ONCE]))
        is_whole = extent.is_whole and counts.is_whole
        await raw.execute(_EXTENT.format(name=name), last, int(is_whole))


_ADD: Final = """
INSERT INTO {name} AS known SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[])
ON CONFLICT (word) DO UPDATE SET occurrences = known.occurrences + excluded.occurrences"""
_EXTENT: Final = """
INSERT INTO {name} VALUES ('', $1, $2) ON CONFLICT (word) DO UPDATE SET occurrences = excluded.occurrences, letters = excluded.letters"""
_NEAR: Final = """
SELECT word, occurrences FROM {name} WHERE length(word) BETWEEN $1 AND $2 AND bit_count((letters # $3::bigint)::bit(64)) <= $4
ORDER BY occurrences DESC, word LIMIT {limit}"""


async def further_rows(raw: Any, table: Table, version: int, extent: Extent) -> int:
    """Published and not in the vocabulary; counted up to one more than a search reads."""
    query = f"SELECT count(*) FROM (SELECT 1 FROM {table.name} WHERE _row > $1 AND _from <= $2 LIMIT {ROWS_MAX + 1}) AS further"
    return int(await raw.fetchval(query, extent.through, version))


async def words_in_vocabulary(raw: Any, view: View, word: str, extent: Extent) -> list[tuple[str, int]]:
    """Words that are near to this one, of the vocabulary and of the rows behind it, each with the rows of the view that have it."""
    query = _NEAR.format(name=vocabulary_name(view.table), limit=NEAR_MAX)
    bounds = (len(word) - steps_max(word), len(word) + steps_max(word))
    known = await raw.fetch(query, *bounds, letter_bits(word), bits_apart_max(word))
    parameters = Parameters(view.version)
    behind = await raw.fetch(similar_words_sql(view.table, word, parameters, behind=extent.through), *parameters.values)
    near = similar_words(word, [tuple(record) for record in (*known, *behind)], at_most=COUNTED_MAX)
    words = list(dict.fromkeys([word, *(other.word for other in near)]))
    return await _counted(raw, view, words)


async def _counted(raw: Any, view: View, words: Iterable[str]) -> list[tuple[str, int]]:
    parameters = Parameters(view.version)
    counts = []
    for word in words:
        where = [visible_sql(), *matches_sqls(view.table, make_plan(Word(word), view.table), parameters, indexed=True)]
        rows = f"SELECT 1 FROM {view.table.name} AS t WHERE {' AND '.join(f'({each})' for each in where)} LIMIT {TOTAL_EXACT_MAX}"
        counts.append(f"SELECT {parameters.add(word)} AS word, (SELECT count(*) FROM ({rows}) AS found) AS rows")
    return [tuple(record) for record in await raw.fetch(" UNION ALL ".join(counts), *parameters.values)]


def _add(counts: WordCounts, block: bytes) -> float:
    """The seconds that it took of the processor, but for those in which others had Python's lock."""
    began = thread_time()
    counts.add(block)
    return thread_time() - began


def _columns(words: Iterable[tuple[str, int]]) -> tuple[list[str], list[int], list[int]]:
    pairs = list(words)
    return [word for word, _ in pairs], [count for _, count in pairs], [letter_bits(word) for word, _ in pairs]
