"""`(…)or(…)`, `(…)and(…)` and `not(…)` are taken apart as they were put together, whatever the values are."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.errors import BadRequest
from backbone.model import Column
from backbone.query.ast import AllOf, AnyOf, Filter, NoneOf, filters_of
from services.query.search.filters import parse_condition

COLUMNS = tuple(Column(name=name, title=title, type="text") for name, title in (("a", "a"), ("b", "(b)"), ("c", "not(c)")))
VALUES = st.text('ab()":,\\ orand', max_size=8)
FILTERS = st.builds(lambda column, value: Filter(column, "eq", (value,)), st.sampled_from(COLUMNS[:1]), VALUES)
CONDITIONS = st.recursive(
    FILTERS,
    lambda inner: (
        st.builds(NoneOf, inner)
        | st.builds(AnyOf, st.lists(inner, min_size=2, max_size=3).map(tuple))
        | st.builds(AllOf, st.lists(inner, min_size=2, max_size=3).map(tuple))
    ),
    max_leaves=8,
)


def written(condition: Any, inside: bool = False) -> str:
    if isinstance(condition, Filter):
        value = condition.values[0]
        return f"{condition.column.name}:eq:" + ('"' + value.replace('"', '""') + '"' if inside else value)
    if isinstance(condition, NoneOf):
        return f"not({written(condition.condition, True)})"
    word = "or" if isinstance(condition, AnyOf) else "and"
    return word.join(f"({written(part, True)})" for part in condition.conditions)


@given(condition=CONDITIONS)
def test_what_was_put_together_is_taken_apart(condition: Any) -> None:
    assert parse_condition(written(condition), COLUMNS) == condition


def test_titles_may_begin_with_a_parenthesis() -> None:
    assert parse_condition("(b):eq:1", COLUMNS) == Filter(COLUMNS[1], "eq", ("1",))
    assert parse_condition("not(c):eq:1", COLUMNS) == Filter(COLUMNS[2], "eq", ("1",))
    assert parse_condition("((b):eq:1)or(a:eq:2)", COLUMNS) == AnyOf((Filter(COLUMNS[1], "eq", ("1",)), Filter(COLUMNS[0], "eq", ("2",))))
    assert parse_condition('(a:in:"x(",y)', COLUMNS) == Filter(COLUMNS[0], "in", ("x(", "y"))


@pytest.mark.parametrize(
    "text",
    [
        "(a:eq:1)or(a:eq:2)and(a:eq:3)",
        "(a:eq:1)or",
        "()",
        "(a:eq:1",
        "not()",
        "(zz:eq:1)or(a:eq:2)",
        "(a:eq:1)" + "or(a:eq:1)" * 50,
        "(" * 20 + "a:eq:1" + ")" * 20,
    ],
)
def test_what_cannot_be_taken_apart_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        list(filters_of(parse_condition(text, COLUMNS)))
