"""The words of a view's rows that are like another one, found in the texts themselves: one statement that reads the first rows. Pure."""

from typing import Final

from backbone.model import Table
from backbone.postgres.columns_sql import visible_sql
from backbone.postgres.predicates_sql import Parameters
from backbone.postgres.words_sql import raw_text_sql
from backbone.query.typos import pattern_of_similar

ROWS_MAX: Final = 50_000  # read: a second or two for a long word. Nearly all words of a dataset are in its first rows
WORDS_MAX: Final = 1_000  # looked at of those that the pattern finds, the most frequent


def similar_words_sql(table: Table, word: str, parameters: Parameters, behind: int = -1) -> str:
    """Columns: a word, folded, and in how many rows behind the row `behind` it is. `parameters` begin with the version."""
    pattern = parameters.add(pattern_of_similar(word))
    text = raw_text_sql(table)
    folded = f"CASE WHEN octet_length({text}) = length({text}) THEN lower({text}) ELSE rowmill_folded({text}) END"
    rows = f"SELECT t._row AS row, {folded} AS text FROM {table.name} AS t WHERE {visible_sql()} AND t._row > {behind} ORDER BY t._row LIMIT {ROWS_MAX}"
    words = f"SELECT DISTINCT folded.row, match[1] AS word FROM ({rows}) AS folded, regexp_matches(folded.text, {pattern}, 'g') AS match"
    return f"SELECT word, count(*) FROM ({words}) AS words GROUP BY word ORDER BY count(*) DESC, word LIMIT {WORDS_MAX}"
