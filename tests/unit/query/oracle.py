"""What a search should answer, in plain Python: rows as dicts of texts, weighed one by one. Slow, and with nothing of the homes in it but the plan."""

from collections.abc import Mapping

from backbone.model import Table
from backbone.query.ast import Node
from backbone.query.plan import Both, Either, Leaf, Needle, Plan, Rung, Without, make_plan
from backbone.query.words import tokens

Row = Mapping[str, str | None]


def ranked(rows: Mapping[int, Row], node: Node, table: Table) -> list[tuple[int, int]]:
    """Row and score of all that match, best first, in row order where they are equal."""
    plan = make_plan(node, table)
    scores = {number: weigh(row, plan) for number, row in rows.items()}
    return sorted(((number, score) for number, score in scores.items() if score is not None), key=lambda pair: (-pair[1], pair[0]))


def weigh(row: Row, plan: Plan) -> int | None:
    """None where the row does not match."""
    if isinstance(plan, Leaf):
        return max(
            (
                rung.score
                for rung in plan.rungs
                if _is_whole(row, rung) or any(_has(row, rung.field.columns, needle) for needle in rung.needles)
            ),
            default=None,
        )
    if isinstance(plan, Without):
        return 0 if weigh(row, plan.part) is None else None
    scores = [weigh(row, part) for part in plan.parts]
    matching = [score for score in scores if score is not None]
    if isinstance(plan, Either):
        return sum(matching) if matching else None
    assert isinstance(plan, Both)
    return None if len(matching) < len(scores) else sum(matching) + sum(weigh(row, bonus) or 0 for bonus in plan.bonuses)


def _is_whole(row: Row, rung: Rung) -> bool:
    values = [row[column.name] or "" for column in rung.field.columns]
    return rung.whole is not None and any(value.encode().lower() == rung.whole.text.encode().lower() for value in values)


def _has(row: Row, columns: tuple[object, ...], needle: Needle) -> bool:
    return any(_occurs(tokens(row[column.name] or ""), needle) for column in columns)  # type: ignore[attr-defined]


def _occurs(line: list[str], needle: Needle) -> bool:
    *before, last = needle.tokens
    for start in range(len(line) - len(before)):
        end = line[start + len(before)]
        if line[start : start + len(before)] == before and (end.startswith(last) if needle.prefix else end == last):
            return True
    return False
