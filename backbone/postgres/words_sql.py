"""A plan as PostgreSQL carries it out: which rows match, and what each is worth. Pure text.

A value's line of tokens (`rowmill_tokens`) costs a hundred times what a look at the value costs. So a value, or a row, is looked at first for what
a match must have: in ASCII the letters of each word, joiners between them or not; and then for what only a match has: the word between letters
that are none of its own. What is not ASCII always goes on to its line.
"""

import re
from itertools import pairwise
from typing import Final

from backbone.model import Column, Table
from backbone.postgres.columns_sql import text_sql, value_sql
from backbone.postgres.predicates_sql import Parameters
from backbone.query.plan import Both, Either, Leaf, Needle, Plan, Rung, Without
from backbone.types.registry import stored_sql, type_of

LONG_ROW_BYTES: Final = 100_000  # beyond, the index holds the words of the first part only, and `!`
_JOINER: Final = "[-_./'&`]?"


def vector_sql(table: Table, alias: str = "t") -> str:
    """The row's words as a tsvector; the GIN index and every search that uses it have this very expression."""
    return f"rowmill_word_vector({lines_sql(table, alias)})"


def lines_sql(table: Table, alias: str = "t") -> str:
    """The lines of all values of a row."""
    if table.layout == "cells":
        return f"rowmill_lines({alias}._cells)"
    texts = [_constant_text_sql(table, column, alias) for column in table.columns]
    return f"rowmill_lines(ARRAY[{', '.join(texts)}]::text[])"


def matches_sqls(table: Table, plan: Plan, parameters: Parameters, indexed: bool) -> list[str]:
    """What is true of the rows that match, each part of it cheaper or more exact than the one before. `indexed`: there is an index of words."""
    exact = _true_sql(table, plan, parameters)
    if not indexed:
        return [exact]
    query = _tsquery(plan)
    if query is None:
        return [exact]
    in_index = f"{vector_sql(table)} @@ {parameters.add(query)}::tsquery"
    if is_settled_by_index(plan):
        return [in_index, f"octet_length({raw_text_sql(table)}) < {LONG_ROW_BYTES} OR ({exact})"]
    return [in_index, exact]


def score_sql(table: Table, plan: Plan, parameters: Parameters) -> str:
    """What a row that matches is worth, an integer."""
    return f"({_score_sql(table, plan, parameters, is_certain=True)})"


def is_settled_by_index(plan: Plan) -> bool:
    """Whether the words alone say what matches: not their order, and not where they stand."""
    if isinstance(plan, Without):
        return is_settled_by_index(plan.part)
    if isinstance(plan, Leaf):
        return plan.is_anywhere and all(len(needle.tokens) == 1 for rung in plan.rungs for needle in rung.needles)
    return all(is_settled_by_index(part) for part in plan.parts)


def _true_sql(table: Table, plan: Plan, parameters: Parameters) -> str:
    if isinstance(plan, Without):
        return f"NOT ({_true_sql(table, plan.part, parameters)})"
    if isinstance(plan, Leaf):
        return _leaf_sql(table, plan, parameters)
    operator = " AND " if isinstance(plan, Both) else " OR "
    return "(" + operator.join(_true_sql(table, part, parameters) for part in plan.parts) + ")"


def _leaf_sql(table: Table, leaf: Leaf, parameters: Parameters) -> str:
    needles = tuple(dict.fromkeys(needle for rung in leaf.rungs for needle in rung.needles))
    if not needles:
        return "false"
    if leaf.is_anywhere:
        return _has_sql(raw_text_sql(table), lines_sql(table), needles, parameters)
    columns = {column.name: column for rung in leaf.rungs for column in rung.field.columns}
    return _in_columns_sql(table, tuple(columns.values()), needles, parameters)


def _score_sql(table: Table, plan: Plan, parameters: Parameters, is_certain: bool) -> str:
    """`is_certain`: the plan is true of every row that is weighed, so the lowest rung need not be looked at."""
    if isinstance(plan, Without):
        return "0"
    if isinstance(plan, Leaf):
        return _ladder_sql(table, plan.rungs, parameters, is_certain)
    if isinstance(plan, Either):
        return " + ".join(_score_sql(table, part, parameters, is_certain=False) for part in plan.parts)
    scores = [_score_sql(table, part, parameters, is_certain=True) for part in plan.parts]
    scores += [_ladder_sql(table, bonus.rungs, parameters, is_certain=False) for bonus in plan.bonuses]
    total = " + ".join(scores)
    return total if is_certain else f"CASE WHEN {_true_sql(table, plan, parameters)} THEN {total} ELSE 0 END"


def _ladder_sql(table: Table, rungs: tuple[Rung, ...], parameters: Parameters, is_certain: bool) -> str:
    if not rungs:
        return "0"
    by_score: dict[int, list[Rung]] = {}
    for rung in rungs:
        by_score.setdefault(rung.score, []).append(rung)
    steps = list(by_score.items())
    lowest = steps.pop()[0] if is_certain else 0
    cases = "".join(f" WHEN {' OR '.join(_rung_sql(table, rung, parameters) for rung in same)} THEN {score}" for score, same in steps)
    return f"CASE{cases} ELSE {lowest} END" if cases else str(lowest)


def _rung_sql(table: Table, rung: Rung, parameters: Parameters) -> str:
    if rung.whole is None:
        return _in_columns_sql(table, rung.field.columns, rung.needles, parameters)
    asked = parameters.add(rung.whole.text)
    texts = [text_sql(table, column) for column in rung.field.columns]
    return "(" + " OR ".join(f"""coalesce(lower({text} COLLATE "C") = lower({asked} COLLATE "C"), false)""" for text in texts) + ")"


def _in_columns_sql(table: Table, columns: tuple[Column, ...], needles: tuple[Needle, ...], parameters: Parameters) -> str:
    if table.layout == "cells" and len(columns) == len(table.columns):
        return _has_sql(raw_text_sql(table), lines_sql(table), needles, parameters)
    texts = [text_sql(table, column) for column in columns]
    return "(" + " OR ".join(_has_sql(text, f"rowmill_tokens({text})", needles, parameters) for text in texts) + ")"


def _has_sql(text: str, lines: str, needles: tuple[Needle, ...], parameters: Parameters) -> str:
    """Null, which is no match, for a null."""
    written = [_written(needle) for needle in needles]
    in_lines = (
        " OR ".join(f"strpos({lines}, {parameters.add(each)}) > 0" for each in written)
        if len(written) == 1
        else (f"{lines} LIKE ANY ({parameters.add_list([_like(each) for each in written], 'text')})")
    )
    possible = [pattern for needle in needles if (pattern := ascii_pattern(needle)) is not None]
    if not possible:
        return f"coalesce(CASE WHEN octet_length({text}) = length({text}) THEN false ELSE {in_lines} END, false)"
    certain = [pattern for needle in needles if (pattern := certain_pattern(needle)) is not None]
    found = f"{text} ~* {parameters.add('|'.join(certain))} OR {in_lines}" if certain else in_lines
    in_ascii = f"{text} ~* {parameters.add('|'.join(possible))} AND ({found})"
    return f"coalesce(CASE WHEN octet_length({text}) = length({text}) THEN {in_ascii} ELSE {in_lines} END, false)"


def ascii_pattern(needle: Needle) -> str | None:
    """What an ASCII text has that has the needle, as a regular expression; None where it cannot have it."""
    tokens = needle.tokens
    if not all(token.isascii() for token in tokens):
        return None
    if len(tokens) > 1:
        return "[^a-z0-9]*".join(tokens)
    if not tokens[0].isalnum():  # `c++`, `12.5`
        return "[-_./]".join(re.escape(part) for part in tokens[0].split("."))
    return _JOINER.join(tokens[0][:20])


def certain_pattern(needle: Needle) -> str | None:
    """What no ASCII text has without having the needle, though it may have the needle without this; None where there is nothing so simple.

    Of values with line breaks between them, the tokens of a match stand in one value.
    """
    tokens = needle.tokens
    if not all(token.isascii() and (token.isalpha() or token.isdigit()) for token in tokens):
        return None
    between = ("[^a-z0-9\n]+" if here.isalpha() == there.isalpha() else "[^a-z0-9\n]*" for here, there in pairwise(tokens))
    words = "".join(part for pair in zip(tokens, (*between, ""), strict=True) for part in pair)
    return f"(^|[^{_kind(tokens[0])}]){words}" + ("" if needle.prefix else f"([^{_kind(tokens[-1])}]|$)")


def _kind(token: str) -> str:
    return "a-z" if token.isalpha() else "0-9"


def _written(needle: Needle) -> str:
    return " " + " ".join(needle.tokens) + ("" if needle.prefix else " ")


def _like(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def possible_tsquery(plan: Plan) -> str | None:
    """What the words of many rows together, and the pairs of them that follow each other, must say if one of the rows matches; None where they
    need not say anything."""
    return _tsquery(plan, of_one_row=False)


def _tsquery(plan: Plan, of_one_row: bool = True) -> str | None:
    """What the index must say of a row that matches; None where it need not say anything."""
    if isinstance(plan, Without):
        inner = _tsquery(plan.part) if of_one_row and is_settled_by_index(plan.part) else None
        return None if inner is None else f"(!{inner} | '!')"
    if isinstance(plan, Leaf):
        needles = dict.fromkeys(needle for rung in plan.rungs for needle in rung.needles)
        alternatives = [_needle_query(needle, pairs=not of_one_row) for needle in needles]
        return "(" + " | ".join([*alternatives, "'!'"]) + ")" if alternatives else None
    parts = [_tsquery(part, of_one_row) for part in plan.parts]
    if isinstance(plan, Either):
        return None if None in parts or not parts else "(" + " | ".join(part for part in parts if part) + ")"
    known = [part for part in parts if part is not None]
    return "(" + " & ".join(known) + ")" if known else None


def _needle_query(needle: Needle, pairs: bool) -> str:
    tokens = " & ".join(_lexeme(token, needle.prefix) for token in needle.tokens)
    if not pairs or len(needle.tokens) == 1:
        return f"({tokens})"
    following = " & ".join(_lexeme(f"{word} {next}", prefix=False) for word, next in pairwise(needle.tokens))
    return f"({following} | {tokens} & '!!')"


def _lexeme(token: str, prefix: bool) -> str:
    quoted = token.replace("\\", "\\\\").replace("'", "''")
    return f"'{quoted}'" + (":*" if prefix else "")


def raw_text_sql(table: Table, alias: str = "t") -> str:
    """All values of a row in one text."""
    if table.layout == "cells":
        return f"array_to_string({alias}._cells, E'\\n')"
    return " || E'\\n' || ".join(f"coalesce({text_sql(table, column, alias)}, '')" for column in table.columns)


def _constant_text_sql(table: Table, column: Column, alias: str) -> str:
    """As `text_sql`, by functions that may stand in an index expression."""
    if stored_sql(column) == "text":
        return text_sql(table, column, alias)
    return type_of(column).constant_text_sql(value_sql(table, column, alias), column.format)
