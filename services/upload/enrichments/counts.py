"""What a run of an enrichment came to, in numbers, in a run's history and in the findings of its upload. Pure."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct, structs

from backbone.catalog.enrichment_values import FailedLookups, Tally
from backbone.findings import Finding, Place, place

SAMPLES_MAX: Final = 5
REASONS_MAX: Final = 20


class EnrichmentCounts(Struct, frozen=True, kw_only=True):
    """`rows` were looked at, `empty` of them have no value. `found`, `missing`, `failed` are of distinct values; `asked`: requests. `reasons`: the most
    frequent of why some failed. `keyless`: records of the list without a key."""

    rows: int = 0
    empty: int = 0
    found: int = 0
    missing: int = 0
    failed: int = 0
    asked: int = 0
    keyless: int = 0
    reasons: tuple[FailedLookups, ...] = ()


class Unfit:
    """Answers that a column of the dataset cannot take, by why."""

    def __init__(self) -> None:
        self._values: dict[str, set[str]] = {}

    def note(self, value: str, reason: str) -> None:
        if reason in self._values or len(self._values) < REASONS_MAX:
            self._values.setdefault(reason, set()).add(value)

    def reasons(self) -> list[FailedLookups]:
        return [
            FailedLookups(reason=reason, count=len(values), samples=tuple(sorted(values)[:SAMPLES_MAX]))
            for reason, values in self._values.items()
        ]


def with_tally(counts: EnrichmentCounts, tally: Tally, unfit: Unfit) -> EnrichmentCounts:
    more = unfit.reasons()
    failed = sum(reason.count for reason in more)
    return structs.replace(
        counts,
        found=tally.found - failed,
        missing=tally.missing,
        failed=tally.failed + failed,
        reasons=tuple(sorted((*tally.reasons, *more), key=lambda reason: -reason.count)[:REASONS_MAX]),
    )


def findings_of(name: str, column: str, counts: EnrichmentCounts) -> Sequence[Finding]:
    findings: list[Finding] = []
    if counts.failed:
        message = tell_failed(name, column, counts)
        findings.append(
            Finding(code="lookups-failed", level="warning", message=message, count=counts.failed, column=column, places=_places(counts))
        )
    if counts.missing:
        message = (
            f"{counts.missing} values of {column!r} are unknown to what enrichment {name} asks; their rows have no value in its columns."
        )
        findings.append(Finding(code="lookups-missing", level="info", message=message, count=counts.missing, column=column))
    return findings


def tell_failed(name: str, column: str, counts: EnrichmentCounts) -> str:
    first = counts.reasons[0].reason if counts.reasons else ""
    return (
        f"For {counts.failed} values of {column!r} enrichment {name} got no usable answer; the most frequent reason: {first} Their rows "
        "stay as they are, and the next run asks for them again."
    )


def _places(counts: EnrichmentCounts) -> tuple[Place, ...]:
    return tuple(place(text=f"{sample}: {reason.reason}") for reason in counts.reasons for sample in reason.samples[:2])
