"""Tells where a careful person could want another header than the one that was decided on: none, one of several lines, or the first record
after all. Pure.
"""

import re
from typing import Final

from backbone.findings import Finding, Suggestion, place
from backbone.model import Dialect
from services.upload.scan.candidates import name_of
from services.upload.scan.header import column_kinds, counts_up
from services.upload.scan.kinds import is_null, is_year, kind_of
from services.upload.scan.options import ScanOptions
from services.upload.scan.sample import SampleRecord
from services.upload.scan.score import Reading

_RULE: Final = re.compile(r"\s*[-=+*]{2}[-=+*\s]*")
_WORDS: Final = (
    "id name title code key date day month year time timestamp item product article sku qty quantity amount price country region city town "
    "category type group state status description value count number no nr email phone address customer company age index label team player "
    "department quarter period account station sensor metric unit weight height size colour color "
    "artikel produkt menge betrag preis datum tag monat jahr land ort stadt kategorie typ gruppe beschreibung bezeichnung wert anzahl nummer "
    "kunde firma einheit abteilung konto nom pays ville prix année mois nombre país ciudad precio fecha año nome paese città prezzo data"
)
_COMMON_TITLES: Final = frozenset(_WORDS.split())


def tell_header(best: Reading, decided: Dialect, options: ScanOptions) -> Finding | None:
    assert best.place is not None
    first = best.records[best.place.begin]
    where = (place(line=first.line + 1, text=first.text.strip("\r\n")),)
    if decided.header and best.place.header_delimiter:
        other, own = name_of(best.place.header_delimiter), name_of(decided.delimiter)
        message = (
            f"The header is written with {other}, the records with {own}; both were read their own way. Give delimiter= if that is wrong."
        )
        return Finding(code="header-guessed", level="warning", message=message, places=where)
    if decided.header and options.header is None and first.fields[0].rstrip().endswith(":"):
        message = (
            "The first title ends in a colon, as the names of values above a table do. If the header stands further down, give skip= with the "
            "number of lines before it."
        )
        return Finding(code="header-guessed", level="warning", message=message, places=where)
    if decided.header and options.header is None and not best.place.evidence and (nulls := _null_titles(first)):
        message = f"A title is {nulls[0]!r}, which usually stands for a missing value. If the first record is one like all others, give header=false."
        suggest = Suggestion(option="header", value="false")
        return Finding(code="header-guessed", level="warning", message=message, places=where, suggest=suggest)
    if decided.header and options.header is None and (values := _value_titles(best)):
        message = f"A title is {values[0]!r}, a value like those below it. If the first record is one like all others, give header=false."
        suggest = Suggestion(option="header", value="false")
        return Finding(code="header-guessed", level="warning", message=message, places=where, suggest=suggest)
    if decided.header or options.header is not None:
        return None
    suggest = Suggestion(option="header", value="true")
    if word := _common_title(best):
        message = (
            f"The first record has numbers or times where those behind it have them, so it was taken for data; but {word!r} looks like a title. Give "
            "header=true if it names the columns."
        )
        return Finding(code="header-absent", level="warning", message=message, places=where, suggest=suggest)
    message = "The first record is like those behind it, so it was taken for data and the columns have no titles. Give header=true if it has them."
    return Finding(code="header-absent", level="info", message=message, places=where, suggest=suggest)


def _null_titles(first: SampleRecord) -> list[str]:
    return [field for field in first.fields if field.strip() and is_null(field)]


def _value_titles(best: Reading) -> list[str]:
    """Numbers or times above values of their kind, beside words above such values; or nothing but numbers, without a word."""
    assert best.place is not None
    first, *body = (record for record in best.records[best.place.begin :] if not record.is_blank)
    if any(_is_common(field) for field in first.fields) or not first.fields[0].strip() or counts_up(first):
        return []
    values = [field for field in first.fields if kind_of(field) in ("number", "time") and not is_year(field)]
    if len(values) == first.width and not is_year(values[0]):
        return values if body else []
    kinds = column_kinds(body, best.place.width) if best.place.evidence else []
    pairs = zip(first.fields, kinds, strict=False)
    alike = [field for field, column in pairs if field in values and kind_of(field) == column.kind and not field.strip().endswith("%")]
    return alike if len(alike) >= best.place.evidence else []


def _common_title(best: Reading) -> str | None:
    """A word that is rather a column's title than a value, and stands in no other record of its column."""
    assert best.place is not None
    first, *body = (record for record in best.records[best.place.begin :] if not record.is_blank)
    for index, field in enumerate(first.fields):
        if _is_common(field) and not any(index < record.width and record.fields[index] == field for record in body):
            return field.strip()
    return None


def _is_common(field: str) -> bool:
    return field.strip().casefold() in _COMMON_TITLES


def tell_second_header(best: Reading, options: ScanOptions) -> Finding | None:
    assert best.place is not None
    if not best.place.extra_headers or options.header_rows > 1:
        return None
    rows = 1 + best.place.extra_headers
    extra = [record for record in best.records[best.place.begin + 1 :] if not record.is_blank][: rows - 1]
    message = (
        "The line below the header holds words where the others hold numbers: it looks like a second line of titles or units, and was read "
        f"as a record. Give header_rows={rows} to join the lines to titles."
    )
    return Finding(
        code="header-rows",
        level="warning",
        message=message if rows == 2 else message.replace("line below the header holds", f"{rows - 1} lines below the header hold"),
        count=rows - 1,
        places=tuple(place(record=number, line=one.line + 1, text=one.text.strip("\r\n")) for number, one in enumerate(extra, start=1)),
        suggest=Suggestion(option="header_rows", value=str(rows)),
    )


def tell_rule_below(best: Reading, decided: Dialect) -> Finding | None:
    """As consoles of databases print it."""
    body = [record for record in best.records if not record.is_blank][1:]
    fields = [field for field in body[0].fields if field.strip()] if decided.header and body else []
    if not fields or not all(_RULE.fullmatch(field) for field in fields):
        return None
    message = "The line below the header is a rule of dashes, and was read as a record. Take it out of the file."
    where = place(record=1, line=body[0].line + 1, text=body[0].text.strip("\r\n"))
    return Finding(code="header-rows", level="warning", message=message, places=(where,))
