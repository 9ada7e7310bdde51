"""Texts that other programs write where nothing is, among the frequent values of columns of text: they stay texts, and are told. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from backbone.csvread.cells import Fields, column_of
from backbone.findings import Finding, Suggestion
from backbone.model import Column
from services.upload.scan.suggestions import WATCHED_COLUMNS_MAX, as_null, as_option

Counts = Sequence[tuple[str, int]]

# What is hardly ever meant as a word. `NA` is Namibia, `none` an answer, and a dash may be one.
_UNMISTAKABLE: Final = (
    "NULL", "null", "(NULL)", "(null)", "<NULL>", "<null>", "[NULL]", "[null]", "N/A", "n/a", "#N/A", "#NA", "#NULL!", "#DIV/0!", "#VALUE!",
    "#REF!", "#NAME?", "#NUM!", "NaN", "nan",
)  # fmt: skip


def find_null_texts(columns: Sequence[Column], frequent: Sequence[Counts | None], told: Iterable[Finding]) -> tuple[Finding, ...]:
    """`frequent`: of each column values and how often they occur; None where nobody counted. `told`: of a column that something is said
    about already, its null texts are part of that."""
    named = {finding.column for finding in told}
    findings = [_find(column, counts or ()) for column, counts in zip(columns, frequent, strict=True)]
    return tuple(finding for finding in findings if finding and finding.column not in named)


def count_null_texts(parts: Sequence[Fields], columns: Sequence[Column]) -> list[Counts | None]:
    """For a sample, which nobody profiles."""
    return [_count(parts, index) if column.type == "text" else None for index, column in enumerate(columns[:WATCHED_COLUMNS_MAX])] + [
        None for _ in columns[WATCHED_COLUMNS_MAX:]
    ]


def _count(parts: Sequence[Fields], index: int) -> Counts:
    values = [column_of(fields, index) for fields in parts]
    return Counter(text for series in values for text in series.filter(series.is_in(_UNMISTAKABLE)).to_list()).most_common()


def _find(column: Column, counts: Counts) -> Finding | None:
    texts = {text: count for text, count in counts if text in _UNMISTAKABLE} if column.type == "text" else {}
    if not texts:
        return None
    title, written, total = column.title or column.name, ",".join(map(as_null, texts)), sum(texts.values())
    value = f"{as_option(title)}:{written}"
    message = f"Column {title} holds {written} as a text, {total} times. Give null={value} if nothing is meant."
    suggest = Suggestion(option="null", value=value)
    return Finding(code="null-marker", level="info", column=title, message=message, count=total, suggest=suggest)
