"""Requests about sources, as values. Pure; both clients send these."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from rowmill.calls import ITEMS_PER_PAGE, Call, Part, parameters, part, reader
from rowmill.source_shapes import Run, Source

SOURCES = "/api/sources"


class _Sources(Struct):
    sources: tuple[Source, ...]
    next_cursor: str | None


class _Runs(Struct):
    runs: tuple[Run, ...]
    next_cursor: str | None


def create_source(source: Mapping[str, Any]) -> Call[Source]:
    return Call("POST", SOURCES, reader(Source), content=source)


def change_source(name: str, changes: Mapping[str, Any]) -> Call[Source]:
    return Call("PATCH", _source(name), reader(Source), content=changes)


def source(name: str) -> Call[Source]:
    return Call("GET", _source(name), reader(Source))


def sources(cursor: str | None) -> Call[Part[Source]]:
    read = reader(_Sources)
    return Call("GET", SOURCES, lambda content: part(read(content), "sources"), parameters({"limit": ITEMS_PER_PAGE, "cursor": cursor}))


def remove_source(name: str) -> Call[None]:
    return Call("DELETE", _source(name), lambda _: None)


def run_source(name: str, again: bool) -> Call[Run]:
    return Call("POST", f"{_source(name)}/run", reader(Run), parameters({"again": again or None}))


def pause_source(name: str) -> Call[Source]:
    return Call("POST", f"{_source(name)}/pause", reader(Source))


def resume_source(name: str) -> Call[Source]:
    return Call("POST", f"{_source(name)}/resume", reader(Source))


def runs(name: str, limit: int, cursor: str | None) -> Call[Part[Run]]:
    read = reader(_Runs)
    return Call("GET", f"{_source(name)}/runs", lambda content: part(read(content), "runs"), parameters({"limit": limit, "cursor": cursor}))


def get_run(run: Run) -> Call[Run]:
    return Call("GET", f"{_source(run.source)}/runs/{quote(run.id, safe='')}", reader(Run))


def _source(name: str) -> str:
    return f"{SOURCES}/{quote(name, safe='')}"
