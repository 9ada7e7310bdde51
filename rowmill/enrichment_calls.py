"""Requests about enrichments, as values. Pure; both clients send these."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from rowmill.calls import ITEMS_PER_PAGE, Call, Part, parameters, part, reader
from rowmill.enrichment_shapes import Enrichment, EnrichmentPreview, EnrichmentRun

ENRICHMENTS = "/api/enrichments"


class _Enrichments(Struct):
    enrichments: tuple[Enrichment, ...]
    next_cursor: str | None


class _Runs(Struct):
    runs: tuple[EnrichmentRun, ...]
    next_cursor: str | None


def create_enrichment(enrichment: Mapping[str, Any]) -> Call[Enrichment]:
    return Call("POST", ENRICHMENTS, reader(Enrichment), content=enrichment)


def change_enrichment(name: str, changes: Mapping[str, Any]) -> Call[Enrichment]:
    return Call("PATCH", _enrichment(name), reader(Enrichment), content=changes)


def enrichment(name: str) -> Call[Enrichment]:
    return Call("GET", _enrichment(name), reader(Enrichment))


def enrichments(cursor: str | None) -> Call[Part[Enrichment]]:
    read = reader(_Enrichments)
    asked = parameters({"limit": ITEMS_PER_PAGE, "cursor": cursor})
    return Call("GET", ENRICHMENTS, lambda content: part(read(content), "enrichments"), asked)


def remove_enrichment(name: str) -> Call[None]:
    return Call("DELETE", _enrichment(name), lambda _: None)


def preview_enrichment(name: str) -> Call[EnrichmentPreview]:
    return Call("POST", f"{_enrichment(name)}/preview", reader(EnrichmentPreview))


def run_enrichment(name: str, again: bool) -> Call[EnrichmentRun]:
    return Call("POST", f"{_enrichment(name)}/run", reader(EnrichmentRun), parameters({"again": again or None}))


def enrichment_runs(name: str, limit: int, cursor: str | None) -> Call[Part[EnrichmentRun]]:
    read = reader(_Runs)
    asked = parameters({"limit": limit, "cursor": cursor})
    return Call("GET", f"{_enrichment(name)}/runs", lambda content: part(read(content), "runs"), asked)


def get_enrichment_run(run: EnrichmentRun) -> Call[EnrichmentRun]:
    return Call("GET", f"{_enrichment(run.enrichment)}/runs/{quote(run.id, safe='')}", reader(EnrichmentRun))


def _enrichment(name: str) -> str:
    return f"{ENRICHMENTS}/{quote(name, safe='')}"
