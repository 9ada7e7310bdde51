"""A plan as Elasticsearch carries it out: constant scores and their sums, so that no statistics of the index enter a score. Pure."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any as Json

from backbone.model import Table
from backbone.query.fields import Field, search_fields
from backbone.query.plan import Both, Either, Leaf, Needle, Plan, Rung, Without
from backbone.search.elasticsearch.exactness import NotIndexed
from backbone.search.elasticsearch.word_lines import lined_field, lines_field, parts_field

_InOneField = Callable[[str], Json]  # the name of a field in the index


def plan_query(table: Table, plan: Plan) -> Json:
    if isinstance(plan, Leaf):
        return _best_of(table, plan)
    if isinstance(plan, Without):
        return {"constant_score": {"filter": {"bool": {"must_not": [plan_query(table, plan.part)]}}, "boost": 0}}
    parts = [plan_query(table, part) for part in plan.parts]
    if isinstance(plan, Either):
        return {"bool": {"should": parts, "minimum_should_match": 1}}
    assert isinstance(plan, Both)
    bonuses = [_best_of(table, bonus) for bonus in plan.bonuses]
    return {"bool": {"must": parts, "should": bonuses, "minimum_should_match": 0}}


def _best_of(table: Table, leaf: Leaf) -> Json:
    rungs = [_rung(table, rung) for rung in leaf.rungs]
    return rungs[0] if len(rungs) == 1 else {"dis_max": {"queries": rungs}}


def _rung(table: Table, rung: Rung) -> Json:
    if rung.field not in search_fields(table):
        raise NotIndexed("column-not-indexed", f"Words of {rung.field.columns[0].name} alone are found in its rows only.")
    if rung.whole is not None:
        same = {"term": {f"values.{rung.field.name}": {"value": rung.whole.text, "case_insensitive": True}}}
        return {"constant_score": {"filter": same, "boost": rung.score}}
    needles = [query for tokens in _alternatives(rung.needles) for query in _in_field(table, rung.field, tokens)]
    filter = needles[0] if len(needles) == 1 else {"bool": {"should": needles, "minimum_should_match": 1}}
    return {"constant_score": {"filter": filter, "boost": rung.score}}


def _alternatives(needles: tuple[Needle, ...]) -> Iterator[_InOneField]:
    """Single tokens are looked up together: a word has many forms."""
    single = [needle.tokens[0] for needle in needles if len(needle.tokens) == 1 and not needle.prefix]
    if len(single) > 1:
        yield lambda name: {"terms": {name: single}}
    for needle in needles:
        if needle.prefix or len(needle.tokens) > 1 or len(single) == 1:
            yield partial(_tokens, needle)


def _in_field(table: Table, field: Field, tokens: _InOneField) -> Iterator[Json]:
    yield tokens(lines_field(table, field))
    if field.name:
        lined = {"term": {lined_field(table, field): True}}
        yield {"bool": {"filter": [tokens(parts_field(table, field))], "must_not": [lined]}}


def _tokens(needle: Needle, name: str) -> Json:
    if len(needle.tokens) > 1:
        return {"match_phrase": {name: " ".join(needle.tokens)}}
    return {"prefix": {name: {"value": needle.tokens[0]}}} if needle.prefix else {"term": {name: needle.tokens[0]}}
