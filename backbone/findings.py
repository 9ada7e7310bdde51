"""Findings: decisions about a file, and repairs of it, that a person might want to know of. Pure values and one bounded collector.

A finding is told once per code and column, however often it was met: with a count, and the first places where it was. Collectors of
chunks are merged in file order, so the places are the file's first, whichever pod read them.
"""

from collections.abc import Iterable
from typing import Final, Literal, get_args

from msgspec import Struct, structs

from backbone.errors import Rejected

Level = Literal["info", "warning", "stop"]
PLACES_MAX: Final = 10  # kept per finding; those beyond are counted
TEXT_CHARACTERS_MAX: Final = 200  # of a place
FINDINGS_MAX: Final = 200  # per upload: a file of 10,000 odd columns is told in as many words

FindingCode = Literal[
    # dialect, header, preamble
    "delimiter-near-tie",
    "no-quotes",
    "blank-after-delimiter",
    "preamble-skipped",
    "comment-lines-skipped",
    "blank-records-left-out",
    "empty-columns-left-out",
    "header-short",
    "header-guessed",
    "header-absent",
    "header-rows",
    "header-repeated",
    "sheet-chosen",
    "merged-cells",
    "error-cells",
    "keys-twice",
    "not-a-number",
    "values-as-text",
    "footer-suspected",
    # quotes, ragged records
    "quote-swallowed-lines",
    "stray-quotes",
    "short-records-filled",
    "extra-fields-dropped",
    "null-marker",
    # encoding
    "encoding-guessed",
    "encoding-errors",
    "encoded-twice",
    # columns
    "columns-added",
    "columns-missing",
    "columns-retyped",
    "column-type-differs",
    "columns-matched-by-position",
    "columns-matched-by-name",
    "columns-unknown",
    "column-ambiguous",
    # types
    "type-suggested",
    "format-remembered",
    "language-found",
    "number-format-ambiguous",
    "values-do-not-fit",
    "rejects-read-again",
    # enrichments
    "lookups-failed",
    "lookups-missing",
    # whether to publish
    "many-rejects",
    "no-rows",
    "nothing-in-common",
    "dataset-shrinks",
    "same-file-again",
    "emptied",
    "keys-repeated",
    "key-not-compared",
]
FINDING_CODES: Final[tuple[str, ...]] = get_args(FindingCode)


class Place(Struct, frozen=True, kw_only=True):
    """Where in the file. `record` and `line` are 1-based; 0 where there is none, as in a preamble or before lines are counted."""

    record: int = 0
    line: int = 0
    text: str = ""


class Suggestion(Struct, frozen=True, kw_only=True):
    """The upload option that decides otherwise, ready to be sent."""

    option: str
    value: str


class Finding(Struct, frozen=True, kw_only=True):
    """`message`: one sentence on what was done, and what to do if that is wrong. `column`: the title, where it is about one."""

    code: FindingCode
    level: Level
    message: str
    count: int = 1
    column: str | None = None
    places: tuple[Place, ...] = ()
    suggest: Suggestion | None = None


def place(*, record: int = 0, line: int = 0, text: str = "") -> Place:
    """A place whose text is cut to what a finding keeps."""
    return Place(record=record, line=line, text=text if len(text) <= TEXT_CHARACTERS_MAX else f"{text[: TEXT_CHARACTERS_MAX - 1]}…")


def merge_findings(*groups: Iterable[Finding]) -> tuple[Finding, ...]:
    """One finding per code and column, in the order in which they were first met, the gravest level and the first places of each."""
    merged: dict[tuple[str, str | None], Finding] = {}
    for finding in (finding for group in groups for finding in group):
        key = (finding.code, finding.column)
        before = merged.get(key)
        if before is not None:
            merged[key] = _joined(before, finding)
        elif len(merged) < FINDINGS_MAX:
            merged[key] = structs.replace(finding, places=finding.places[:PLACES_MAX])
    return tuple(merged.values())


def _joined(first: Finding, second: Finding) -> Finding:
    graver = max(first, second, key=lambda finding: get_args(Level).index(finding.level))
    return structs.replace(
        graver,
        count=first.count + second.count,
        places=(first.places + second.places)[:PLACES_MAX],
        suggest=first.suggest or second.suggest,
    )


def has_warning(findings: Iterable[Finding]) -> bool:
    return any(finding.level != "info" for finding in findings)


class Stopped(Rejected):
    """A guard stops the file: its `finding` (level stop) is kept with the FAILED upload, and says which option lets it pass."""

    def __init__(self, finding: Finding, **place: object) -> None:
        super().__init__(finding.code, finding.message, **place)
        self.finding = finding
