"""A plan as Elasticsearch carries it out: constant scores and their sums, so that no statistics of the index enter a score. Pure."""

from collections.abc import Iterator
from typing import Any as Json

from backbone.model import Table
from backbone.query.fields import Field, search_fields
from backbone.query.plan import Both, Either, Leaf, Needle, Plan, Rung, Without
from backbone.search.elasticsearch.exactness import NotIndexed
from backbone.search.elasticsearch.word_lines import lined_field, lines_field, parts_field


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
    needles = [query for needle in rung.needles for query in _needle(table, rung.field, needle)]
    filter = needles[0] if len(needles) == 1 else {"bool": {"should": needles, "minimum_should_match": 1}}
    return {"constant_score": {"filter": filter, "boost": rung.score}}


def _needle(table: Table, field: Field, needle: Needle) -> Iterator[Json]:
    yield _tokens(lines_field(table, field), needle)
    if field.name:
        lined = {"term": {lined_field(table, field): True}}
        yield {"bool": {"filter": [_tokens(parts_field(table, field), needle)], "must_not": [lined]}}


def _tokens(name: str, needle: Needle) -> Json:
    if len(needle.tokens) > 1:
        return {"match_phrase": {name: " ".join(needle.tokens)}}
    return {"prefix": {name: {"value": needle.tokens[0]}}} if needle.prefix else {"term": {name: needle.tokens[0]}}
