"""What the words of a dataset must say if a row of it can match a query, whichever columns and language the dataset has. Pure.

A query means another thing where a word before a colon is a column's name, and in each language. So all that it can mean is put together: a dataset
that has none of it has no row that is looked for.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, combinations
from typing import Final

from backbone.errors import BadRequest
from backbone.model import Column, Table
from backbone.postgres.words_sql import possible_tsquery
from backbone.query.plan import make_plan
from backbone.settings import Settings
from services.query.search.query_language import parse_query

NAMES_MAX: Final = 3  # before colons: each doubles what a query can mean
WORDS_BYTES_MAX: Final = 64 * 1024
_NAME: Final = re.compile(r'(?:^|[\s"()])-*([^\s"():]*):')
_TEXT: Final = Column(name=" text", title=" text", type="text")  # a name that no query can have


def possible_words(q: str, languages: Sequence[str], limits: Settings) -> str | None:
    """A tsquery; None where any dataset may have rows. Raises `BadRequest` for what is no query in any dataset."""
    names = {name.casefold() for name in _NAME.findall(q)}
    if len(names) > NAMES_MAX:
        return None
    meanings: dict[str | None, None] = {}
    refusal: BadRequest | None = None
    for columns in _subsets(sorted(names)):
        for language in {"none", *languages}:
            try:
                meanings[_meaning(q, columns, language, limits)] = None
            except BadRequest as error:  # a dataset with these columns says so itself, where it is asked
                refusal = error
    if refusal is not None and not meanings:
        raise refusal
    words = " | ".join(sorted(meaning for meaning in meanings if meaning))
    return None if None in meanings or len(words.encode()) > WORDS_BYTES_MAX else words


def _meaning(q: str, columns: tuple[Column, ...], language: str, limits: Settings) -> str | None:
    sizes = {"bytes_max": limits.query_bytes_max, "clauses_max": limits.query_clauses_max}
    node = parse_query(q, columns=columns, language=language, **sizes)
    return None if node is None else possible_tsquery(make_plan(node, Table(id=0, columns=(_TEXT, *columns))))


def _subsets(names: Sequence[str]) -> Iterator[tuple[Column, ...]]:
    columns = [Column(name=f" {place}", title=name, type="text") for place, name in enumerate(names)]
    return chain.from_iterable(combinations(columns, count) for count in range(len(columns) + 1))
