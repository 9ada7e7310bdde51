"""Requests of whoever runs a Rowmill, as values: keys, the audit, processes and dead letters. Pure; both clients send these."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from rowmill.calls import ITEMS_PER_PAGE, Call, Part, parameters, part, reader
from rowmill.shapes import AuditEvent, DeadLetter, Key, MadeKey, Me, Workers


class _Keys(Struct):
    keys: tuple[Key, ...]
    next_cursor: str | None


class _Audit(Struct):
    events: tuple[AuditEvent, ...]
    next_cursor: str | None


class _Letters(Struct):
    letters: tuple[DeadLetter, ...]
    next_cursor: str | None


def create_key(name: str, scopes: Sequence[str], datasets: Sequence[str], days: int | None) -> Call[MadeKey]:
    content = {"name": name, "scopes": list(scopes), "datasets": list(datasets), **({} if days is None else {"days": days})}
    return Call("POST", "/api/keys", reader(MadeKey), content=content)


def keys(cursor: str | None) -> Call[Part[Key]]:
    read = reader(_Keys)
    return Call("GET", "/api/keys", lambda content: part(read(content), "keys"), parameters({"limit": ITEMS_PER_PAGE, "cursor": cursor}))


def audit(options: Mapping[str, Any], cursor: str | None) -> Call[Part[AuditEvent]]:
    read, asked = reader(_Audit), parameters({**options, "limit": ITEMS_PER_PAGE, "cursor": cursor})
    return Call("GET", "/api/audit", lambda content: part(read(content), "events"), asked)


def revoke_key(key_id: str) -> Call[None]:
    return Call("DELETE", f"/api/keys/{quote(key_id, safe='')}", lambda _: None)


def me() -> Call[Me]:
    return Call("GET", "/api/me", reader(Me))


def workers() -> Call[Workers]:
    return Call("GET", "/api/workers", reader(Workers))


def dead_letters(waiting: bool, cursor: str | None) -> Call[Part[DeadLetter]]:
    read = reader(_Letters)
    asked = parameters({"waiting": "true" if waiting else "false", "limit": ITEMS_PER_PAGE, "cursor": cursor})
    return Call("GET", "/api/dead-letters", lambda content: part(read(content), "letters"), asked)


def dead_letter(letter_id: str) -> Call[DeadLetter]:
    return Call("GET", f"/api/dead-letters/{quote(letter_id, safe='')}", reader(DeadLetter))


def replay(letter_id: str) -> Call[DeadLetter]:
    return Call("POST", f"/api/dead-letters/{quote(letter_id, safe='')}/replay", reader(DeadLetter))
