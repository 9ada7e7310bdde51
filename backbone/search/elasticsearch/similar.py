"""The words of an index that are like another one: its own suggester names them, and the view's rows that have them are counted. Pure."""

from collections.abc import Sequence
from typing import Any as Json
from typing import Final

import msgspec
from msgspec import Struct

from backbone.model import View
from backbone.query.ast import Word
from backbone.query.fields import search_fields
from backbone.query.plan import make_plan
from backbone.query.typos import steps_max
from backbone.search.elasticsearch.plan_dsl import plan_query
from backbone.search.elasticsearch.visible import visible
from backbone.search.elasticsearch.word_lines import lines_field, parts_field

OF_EACH_FIELD_MAX: Final = 100
OF_EACH_SHARD_MAX: Final = 1_000  # where there are several: the most frequent of all need not be those of one
COUNTED_MAX: Final = 200
HOWEVER_FREQUENT: Final = 1_000_000_000  # documents with the word itself


class _Option(Struct):
    text: str
    freq: int


class _Suggestion(Struct):
    options: list[_Option]


class _Suggested(Struct):
    suggest: dict[str, list[_Suggestion]]


class _Count(Struct):
    doc_count: int


class _Counted(Struct):
    aggregations: dict[str, _Count]


def candidates_body(view: View, word: str) -> Json:
    table = view.table
    fields = [
        name
        for field in search_fields(table)
        for name in ((lines_field(table, field), parts_field(table, field)) if field.name else (lines_field(table, field),))
    ]
    near = {
        "suggest_mode": "always",
        "max_edits": steps_max(word),
        "prefix_length": 0,
        "min_word_length": 1,
        "size": OF_EACH_FIELD_MAX,
        "shard_size": OF_EACH_FIELD_MAX if table.shards == 1 else OF_EACH_SHARD_MAX,
        "sort": "frequency",
        "max_term_freq": HOWEVER_FREQUENT,
        "accuracy": 0.0,
        "string_distance": "damerau_levenshtein",
    }
    return {"size": 0, "suggest": {name: {"text": word, "term": {"field": name, **near}} for name in fields}}


def read_candidates(word: str, answer: bytes) -> list[str]:
    """And the word itself: the most frequent first."""
    suggestions = msgspec.json.decode(answer, type=_Suggested).suggest.values()
    frequency: dict[str, int] = {}
    for option in (option for parts in suggestions for part in parts for option in part.options):
        frequency[option.text] = frequency.get(option.text, 0) + option.freq
    frequent = sorted(frequency, key=lambda candidate: (-frequency[candidate], candidate))
    return [word, *(candidate for candidate in frequent if candidate.isalpha() and candidate != word)][:COUNTED_MAX]


def counts_body(view: View, words: Sequence[str]) -> Json:
    counts = {word: {"filter": plan_query(view.table, make_plan(Word(word), view.table))} for word in words}
    return {"size": 0, "query": {"bool": visible(view.version)}, "aggs": counts}


def read_counts(answer: bytes) -> dict[str, int]:
    return {word: count.doc_count for word, count in msgspec.json.decode(answer, type=_Counted).aggregations.items()}
