"""How files write numbers: separators, currency and percent signs, the ways of a negative number. Pure.

A pattern is a number as the file writes it: `1.234,56`, `$1,234.00`, `15,10 €`, `12.5%`, `(250.00)`, `300,00-`; or in short its separators,
`.,` or `,`. A sign of a currency or a percent sign is a unit: a value without it is not of the pattern, and 12.5% is the number 12.5.
"""

import re
from typing import Final, Literal

import polars as pl
from msgspec import Struct

from backbone.types.sql_text import literal

_SPACES: Final = " \u00a0\u202f"
_EXAMPLE: Final = re.compile(rf"(\D*?)(\d(?:[\d.,'’_{_SPACES}]*\d)?)(\D*)", re.DOTALL)
_UNIT_CHARACTERS_MAX: Final = 8


class NumberFormat(Struct, frozen=True):
    group: str = ""
    decimal: str = "."
    before: str = ""  # a unit, with its blanks
    behind: str = ""
    negative: Literal["minus", "parentheses", "trailing"] = "minus"


def read_number_format(pattern: str) -> NumberFormat | None:
    """None for what is no number."""
    if 1 <= len(pattern) <= 2 and not re.search(r"[\w+-]", pattern):
        short = NumberFormat(group=pattern[:-1], decimal=pattern[-1])
        return short if short.group != short.decimal else None
    text, negative = _without_sign(pattern.strip())
    example = _EXAMPLE.fullmatch(text)
    if example is None:
        return None
    before, number, behind = example.groups()
    is_unit = all(len(unit) <= _UNIT_CHARACTERS_MAX and not re.search(r"[-+().,]", unit) for unit in (before, behind))
    separators = _separators(number)
    says_something = before or behind or negative != "minus" or re.search(r"\D", number)
    if not is_unit or separators is None or not says_something:
        return None
    return NumberFormat(*separators, before, behind, negative)


def check_number_pattern(pattern: str) -> str | None:
    if read_number_format(pattern) is None:
        return "is not understood: write the number 1234.56 as the file does, e.g. 1.234,56 or $1,234.56 or 12.5%."
    return None


def plain_number(value: pl.Expr, pattern: str) -> pl.Expr:
    """With a point and a leading sign, as PostgreSQL reads it; null, or no number, where the value is not written so."""
    form = read_number_format(pattern)
    if form is None:
        signed = value.str.replace(r"^\(([^-+]*)\)$", "-${1}").str.replace(r"^([^-+]*)-$", "-${1}")
        return signed if not pattern else value
    space = f"[{_SPACES}]*"
    before, behind = (space + re.escape(unit.strip(_SPACES)) + space for unit in (form.before, form.behind))
    group = f"[{_SPACES}]" if form.group and form.group in _SPACES else re.escape(form.group)
    whole = rf"(?:[0-9]{{1,3}}(?:{group}[0-9]{{3}})+|[0-9]+)" if form.group else "[0-9]+"
    number = rf"({whole}(?:{re.escape(form.decimal)}[0-9]+)?(?:[eE][-+]?[0-9]{{1,3}})?)"
    usual = rf"^([-+]?){before}([-+]?){number}{behind}$"
    turned = rf"^\({before}{number}{behind}\)$|^{before}{number}{space}-{behind}$|^{before}{number}{behind}-$"
    digits = (
        pl.when(value.str.contains(usual))
        .then(value.str.replace(usual, "${1}${2}${3}"))
        .when(value.str.contains(turned))
        .then(value.str.replace(turned, "-${1}${2}${3}"))
    )
    without_groups = digits.str.replace_all(group, "") if form.group else digits
    return without_groups.str.replace(form.decimal, ".", literal=True)


def written_number_sql(value: str, pattern: str) -> str | None:
    """SQL that writes a number so. Digits are those that are stored."""
    form = read_number_format(pattern)
    if form is None or form == NumberFormat():
        return None
    digits = f"abs({value})::text"
    whole = f"split_part({digits}, '.', 1)"
    if form.group:
        whole = f"regexp_replace({whole}, '([0-9])(?=([0-9]{{3}})+$)', {_replacement(form.group)}, 'g')"
    fraction = f"CASE WHEN strpos({digits}, '.') > 0 THEN {literal(form.decimal)} || split_part({digits}, '.', 2) ELSE '' END"
    left, right = {"minus": ("-", ""), "parentheses": ("(", ")"), "trailing": ("", "-")}[form.negative]
    opened = f"CASE WHEN {value} < 0 THEN {literal(left)} ELSE '' END"
    closed = f"CASE WHEN {value} < 0 THEN {literal(right)} ELSE '' END"
    behind = f"{closed} || {literal(form.behind)}" if form.negative == "trailing" else f"{literal(form.behind)} || {closed}"
    return f"({opened} || {literal(form.before)} || {whole} || {fraction} || {behind})"


def _replacement(group: str) -> str:
    return literal("\\1" + group.replace("\\", "\\\\"))


def _without_sign(text: str) -> tuple[str, Literal["minus", "parentheses", "trailing"]]:
    if text.startswith("(") and text.endswith(")"):
        return text[1:-1], "parentheses"
    if text.endswith("-"):
        return text[:-1], "trailing"
    return text.removeprefix("-"), "minus"


def _separators(number: str) -> tuple[str, str] | None:
    """Group and decimal separator of an example. One that stands alone before three digits is taken for the group's: `1.234`."""
    marks = re.findall(r"\D", number)
    if not marks:
        return "", "."
    *groups, last = marks
    if groups and groups[0] != last:
        return (groups[0], last) if len(set(groups)) == 1 else None
    is_group = bool(groups) or (len(number.rsplit(last, 1)[1]) == 3 and number.split(last, 1)[0] != "0")
    if is_group:
        return last, "," if last == "." else "."
    return "", last
