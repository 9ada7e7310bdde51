"""Findings for people: level, what was decided, where, and what to send to have it otherwise."""

from collections.abc import Iterable
from typing import Final

from rich.console import Console

from rowmill.cli.terminal import line, text
from rowmill.shapes import Finding, Place

STYLES: Final = {"info": "cyan", "warning": "bold yellow", "stop": "bold red"}
PLACES_SHOWN: Final = 3
TEXT_CHARACTERS_MAX: Final = 100


def show_findings(out: Console, findings: Iterable[Finding]) -> None:
    for finding in findings:
        _show(out, finding)


def _show(out: Console, finding: Finding) -> None:
    about = f" ({line(finding.column)})" if finding.column else ""
    times = f" × {finding.count:,}" if finding.count > 1 else ""
    head = (finding.level, STYLES.get(finding.level, ""))
    out.print(text("  ", head, f" {line(finding.code)}{about}{times}: ", line(finding.message)))
    for place in finding.places[:PLACES_SHOWN]:
        out.print(text("    ", (_where(place), "dim"), line(place.text, TEXT_CHARACTERS_MAX)))
    if finding.suggest is not None:
        out.print(text("    otherwise: ", (line(f"{finding.suggest.option}={finding.suggest.value}"), "bold")))


def _where(place: Place) -> str:
    numbers = [f"{name} {number:,}" for name, number in (("record", place.record), ("line", place.line)) if number]
    return f"{', '.join(numbers)}: " if numbers else ""
