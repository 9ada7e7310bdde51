"""What columns of text could be, if the user said so: formats that are not lossless or not sure, found in the pass that finds the types.

A column costs something only as long as there is a format that all its values so far may have. Most texts have none from the first values
on. Null-like texts (`N/A`, `-`) among other values are set aside and counted.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

import polars as pl
from msgspec import Struct, structs

from backbone.csvread.cells import Fields, column_of
from backbone.csvread.values import Kind
from backbone.findings import Finding, Suggestion
from backbone.model import Column
from services.upload.scan.strays import Stray, StrayFinder
from services.upload.scan.written_forms import Candidate, find_candidates, stand_for_null

WATCHED_COLUMNS_MAX: Final = 200  # of a wide file the first ones
SAMPLE_VALUES: Final = 50
VALUES_PER_PIECE: Final = 200  # that are held against the formats: a suggestion is not a promise
_GROUPED: Final = r"^-?[1-9][0-9]{0,2}\.[0-9]{3}$|^-?[0-9]+$"
COMMA_SHARE_MIN: Final = 0.8
_DECIMAL_COMMA: Final = re.compile(r"[-+]?\d+(?:\.\d{3})*,\d{1,2}")  # three digits behind it may be a thousand


class _Open(Struct):
    """A column of text that may still have each of these."""

    candidates: list[Candidate]
    nulls: dict[str, int]
    values: set[str] = set()  # the first different ones

    def best(self) -> list[Candidate]:
        """One word alone may be anything. Whole numbers are the same whatever parts thousands and fractions."""
        whole = [candidate for candidate in self.candidates if candidate.type == "integer"]
        return whole or [
            candidate for candidate in self.candidates if candidate.type != "boolean" or candidate.kind or len(self.values) > 1
        ]


class SuggestionFinder:
    def __init__(self, columns: tuple[Column, ...], *, whole: bool = False) -> None:
        """`whole`: hold each value against the formats, since they are to be taken; else some of each piece of the file."""
        self._whole = whole
        self._columns = columns
        self._watched = {index for index, column in enumerate(columns[:WATCHED_COLUMNS_MAX]) if column.declared is None}
        self._strays = StrayFinder(self._watched)
        self._was: dict[int, Kind] = {}  # of those that have been typed
        self._first: dict[int, str] = {}  # and of times one value: what follows may be written otherwise
        self._open: dict[int, _Open] = {}
        self._ungrouped: set[int] = set()  # decimals with other than three digits behind the point
        self._pointed: set[int] = set()  # decimals that have a point at all: the others are too long for integers
        self._with_commas: set[int] = set()  # texts of which nearly all are decimals with a comma, whatever else the rest may be

    def add(self, fields: Fields, kinds: Mapping[int, Kind], record_of: Callable[[int], int]) -> None:
        """`kinds`: what the columns are so far, these fields included; those that are not in it are text or unknown. `record_of`: of the
        number of a row the record's in the file, from 1."""
        self._strays.add(fields, kinds, record_of)
        for index in sorted(self._watched):
            values = column_of(fields, index)
            if index in kinds:
                self._look_at_typed(index, values, kinds[index])
            elif index in self._open or len(values.drop_nulls().head(1)):
                self._look_at_text(index, self._looked_at(index, values))

    @property
    def strays(self) -> tuple[Stray, ...]:
        return self._strays.all

    def _looked_at(self, index: int, values: pl.Series) -> pl.Series:
        # What made a text of a typed column may be rare.
        step = 1 if self._whole or index in self._was else max(1, len(values) // VALUES_PER_PIECE)
        return values.gather_every(step).drop_nulls().unique(maintain_order=True)

    def _look_at_typed(self, index: int, values: pl.Series, kind: Kind) -> None:
        self._was[index] = kind
        if kind[0] == "timestamp" and index not in self._first and len(one := values.drop_nulls().head(1)):
            self._first[index] = one[0]
        if kind[0] != "decimal" or index in self._ungrouped:
            return
        if not values.head(SAMPLE_VALUES).str.contains(_GROUPED).all() or not values.str.contains(_GROUPED).all():
            self._ungrouped.add(index)
        elif index not in self._pointed and values.str.contains(".", literal=True).any():
            self._pointed.add(index)

    def _look_at_text(self, index: int, values: pl.Series) -> None:
        if values.is_empty():
            return
        is_null = stand_for_null(values)
        column = self._open.setdefault(index, _Open(candidates=[], nulls={}))
        is_new = not column.candidates
        column.nulls |= dict.fromkeys(values.filter(is_null).to_list(), 1)
        rest = values.filter(~is_null)
        if len(column.values) < 2:
            column.values |= {*rest.head(2).to_list()}
        if is_new and len(rest):
            column.candidates = find_candidates(self._with_first(index, rest.head(SAMPLE_VALUES)), self._was.get(index))
            self._note_commas(index, rest.head(SAMPLE_VALUES).to_list())
        elif is_new and index in self._was:
            column.candidates = [Candidate(self._was[index][0], kind=self._was[index])]
        column.candidates = [candidate for candidate in column.candidates if candidate.takes(rest)]
        if not column.candidates and (len(rest) or not is_new):
            self._watched.discard(index)
            del self._open[index]

    def _with_first(self, index: int, values: pl.Series) -> pl.Series:
        return pl.concat([pl.Series(values.name, [self._first[index]]), values]) if index in self._first else values

    def _note_commas(self, index: int, texts: list[str]) -> None:
        count = sum(_DECIMAL_COMMA.fullmatch(text) is not None for text in texts)
        if count >= max(2, COMMA_SHARE_MIN * len(texts)):
            self._with_commas.add(index)

    def decide(self, columns: tuple[Column, ...], *, auto: bool) -> tuple[tuple[Column, ...], tuple[Finding, ...]]:
        """The columns, with the sure suggestions done if `auto`, and what is to be told."""
        decided, findings = list(columns), []
        has_decimal_commas = bool(self._with_commas) or any(_reads_commas(column) for column in self._open.values())
        for index, column in enumerate(columns[:WATCHED_COLUMNS_MAX]):
            is_grouped = column.type == "decimal" and index in self._pointed - self._ungrouped
            if is_grouped and not has_decimal_commas:
                findings.append(_ambiguous_number(column, is_kept=True))
                continue
            if is_grouped:
                candidates, nulls = [Candidate("decimal", "1.234,56", "comma")], tuple[str, ...]()
                decided[index] = structs.replace(column, type="text", format=None)
                findings.append(_ambiguous_number(column))
            elif index in self._open and self._open[index].best() and column.type == "text" and not column.undecided:
                candidates, nulls = self._open[index].best(), tuple(self._open[index].nulls)
                if candidates[0].kind is not None and not nulls:
                    continue
                findings.append(_suggested(column, candidates, nulls, self._strays.of(index)))
            else:
                stray = self._strays.of(index)
                if stray is not None and stray.is_sure and column.type == "text":
                    findings.append(_strayed(column, stray))
                continue
            if auto and (candidates[0].kind is not None or len({candidate.reading for candidate in candidates}) == 1):
                decided[index] = _declared(column, candidates[0], nulls)
        return tuple(decided), tuple(findings)


def _declared(column: Column, candidate: Candidate, nulls: tuple[str, ...]) -> Column:
    if candidate.kind is not None:
        return structs.replace(column, type=candidate.kind[0], format=candidate.kind[1], declared=None, nulls=nulls)
    return structs.replace(column, type=candidate.type, format=None, declared=candidate.pattern, nulls=nulls)


def _reads_commas(column: _Open) -> bool:
    return bool(column.candidates) and {candidate.reading for candidate in column.candidates} == {"comma"}


def _ambiguous_number(column: Column, *, is_kept: bool = False) -> Finding:
    title = column.title or column.name
    value = f"{as_option(title)}:decimal(1.234,56)"
    message = (
        f"Column {title} was read as decimal, but has points before three digits throughout: 83.200 may be 83 thousand. Give types={value} then."
        if is_kept
        else f"Column {title} was kept as text: it has points before three digits throughout, and other columns have decimal commas, so "
        f"83.200 may be 83 thousand. Give types={value}, or types={as_option(title)}:decimal if the point is a decimal one."
    )
    return Finding(
        code="number-format-ambiguous",
        level="info",
        column=title,
        message=message,
        suggest=Suggestion(option="types", value=value),
    )


def _strayed(column: Column, stray: Stray) -> Finding:
    title, (type_, format_) = column.title or column.name, stray.kind
    value = f"{as_option(title)}:{type_}({format_})" if format_ else f"{as_option(title)}:{type_}"
    nulls = ",".join(map(as_null, stray.nulls))
    also = f" (give null={as_option(title)}:{nulls}, too)" if nulls else ""
    first = stray.places[0]
    message = (
        f"Column {title} is text because of {stray.count} values that are no {type_}, the first of them {first.text!r} in record "
        f"{first.record}. Give types={value} to make their records rejects{also}."
    )
    return Finding(
        code="type-suggested",
        level="info",
        column=title,
        message=message,
        count=stray.count,
        places=stray.places,
        suggest=Suggestion(option="types", value=value),
    )


def _suggested(column: Column, candidates: list[Candidate], nulls: tuple[str, ...], stray: Stray | None) -> Finding:
    title = column.title or column.name
    best = candidates[0]
    readings = {candidate.reading: candidate for candidate in reversed(candidates)}
    if best.kind is not None:
        texts = ",".join(map(as_null, nulls))
        message = f"Column {title} is text because of {texts}; with null={as_option(title)}:{texts} it would be {best.type}."
        return Finding(
            code="type-suggested", level="info", column=title, message=message, places=stray.null_places if stray else (),
            suggest=Suggestion(option="null", value=f"{as_option(title)}:{texts}"),
        )  # fmt: skip
    choices = [
        f"types={as_option(title)}:{candidate.written}" for candidate in (best, *(readings[key] for key in readings if key != best.reading))
    ]
    how = (
        f"with {choices[0]} it would be {best.type}"
        if len(choices) == 1
        else f"it may be read in more than one way: {' or '.join(choices)}"
    )
    also = f" (and null={as_option(title)}:{','.join(map(as_null, nulls))})" if nulls else ""
    return Finding(
        code="type-suggested",
        level="info",
        column=title,
        message=f"Column {title} was kept as text; {how}{also}.",
        suggest=Suggestion(option="types", value=f"{as_option(title)}:{best.written}"),
    )


def as_option(title: str) -> str:
    return '"' + title.replace('"', '""') + '"' if set(title) & set(',:;"()') or title != title.strip() else title


def as_null(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',;"') or text != text.strip() else text
