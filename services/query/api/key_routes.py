"""Keys over HTTP: made, listed, revoked; who one is; and a browser's session with one."""

import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from litestar import Request, Response, delete, get, post
from litestar.datastructures import Cookie
from litestar.params import Body, FromPath
from litestar.types import ControllerRouterHandler
from msgspec import Meta, Struct
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.keys import list_keys, make_key, revoke_key
from backbone.catalog.usage import Usage, usage_of
from backbone.errors import BadRequest
from backbone.http.access import COOKIE, key_of
from backbone.postgres.engine import transaction
from backbone.runtime.key_text import is_key
from backbone.runtime.principal import ALL, Scope, asking
from backbone.runtime.signed_tokens import seal, unseal
from backbone.settings import Settings
from services.query.api.dataset_routes import Cursor, Limit

KEYS = "/api/keys"
BOUND = ("keys",)
SESSION_PATH = "/api"
Pattern = Annotated[str, Meta(min_length=1, max_length=61)]


class NewKey(Struct, frozen=True, forbid_unknown_fields=True):
    """`datasets`: names, and beginnings of names with `*` behind them. `days`: until it expires; for ever when not given."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=5)]
    datasets: Annotated[tuple[Pattern, ...], Meta(min_length=1, max_length=100)] = (ALL,)
    days: Annotated[int, Meta(ge=1, le=3650)] | None = None


class KeyOut(Struct, frozen=True):
    id: str
    name: str
    scopes: list[Scope]
    datasets: list[str]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class MadeKey(KeyOut, frozen=True):
    """`key` is shown this once: only a hash of it is kept."""

    key: str


class Keys(Struct, frozen=True):
    keys: list[KeyOut]
    next_cursor: str | None


class Used(Struct, frozen=True):
    """What was made with a key, and the most that may be; 0: any number. `bytes_today`: of files sent in the last 24 hours;
    `rows`: in the versions that readers see."""

    datasets: int
    datasets_max: int
    rows: int
    rows_max: int
    held: int
    held_max: int
    bytes_today: int
    bytes_per_day_max: int
    requests_per_minute_max: int


class Me(Struct, frozen=True):
    """`id` is empty where nobody is asked who they are; then nothing is counted, and there is no `usage`."""

    id: str
    name: str
    scopes: list[Scope]
    datasets: list[str]
    usage: Used | None = None


def key_routes(engine: AsyncEngine, cursor_key: bytes, settings: Settings) -> list[ControllerRouterHandler]:
    return [*_keys(engine, cursor_key), *_own(engine, settings)]


def _keys(engine: AsyncEngine, cursor_key: bytes) -> list[ControllerRouterHandler]:
    @post(KEYS, tags=["access"])
    async def create_key(data: Annotated[NewKey, Body()]) -> MadeKey:
        """Make a key: what it may do (`read`, `upload`, `manage`, `metrics`, or `admin` for all of it), with which datasets, until when.
        The answer holds the key, and nothing will show it again."""
        expires_at = None if data.days is None else datetime.now(UTC) + timedelta(days=data.days)
        async with transaction(engine) as connection:
            row, key = await make_key(
                connection,
                name=data.name,
                scopes=list(dict.fromkeys(data.scopes)),
                datasets=check_patterns(data.datasets),
                expires_at=expires_at,
                made_by=asking().name,
            )
        return MadeKey(**_fields(row), key=key)

    @get(KEYS, tags=["access"])
    async def get_keys(limit: Limit = 50, cursor: Cursor = None) -> Keys:
        """All keys, expired and revoked ones too; not what they are, only what they may do."""
        after = "" if cursor is None else unseal(cursor_key, BOUND, cursor)
        async with transaction(engine) as connection:
            rows = await list_keys(connection, limit=limit + 1, after=after)
        token = seal(cursor_key, BOUND, rows[limit - 1]["id"]) if len(rows) > limit else None
        return Keys([KeyOut(**_fields(row)) for row in rows[:limit]], token)

    @delete(KEYS + "/{key_id:str}", operation_id="revoke_key", status_code=204, tags=["access"])
    async def revoke(key_id: FromPath[str]) -> None:
        """Revoke a key. No process takes it any more within seconds; it stays in the list."""
        async with transaction(engine) as connection:
            await revoke_key(connection, key_id)

    return [create_key, get_keys, revoke]


def _own(engine: AsyncEngine, settings: Settings) -> list[ControllerRouterHandler]:
    @get("/api/me", tags=["access"])
    async def get_me() -> Me:
        """Who asks, what they may do with which datasets, and how much of what they may have is used."""
        if not asking().id:
            return _me()
        async with transaction(engine) as connection:
            return _me(_used(await usage_of(connection, asking().id), settings))

    @post("/api/session", status_code=200, tags=["access"])
    async def begin_session(request: Request[Any, Any, Any]) -> Response[Me]:
        """For web pages: keeps the key of this request in a cookie that no script can read, for links and event streams."""
        key = key_of(request)
        if not is_key(key):  # where nobody is asked for one
            return Response(_me())
        is_secure = request.url.scheme == "https"
        cookie = Cookie(COOKIE, path=SESSION_PATH, value=key, httponly=True, samesite="strict", secure=is_secure)
        return Response(_me(), cookies=[cookie])

    gone = Cookie(COOKIE, path=SESSION_PATH, value="", max_age=0, httponly=True, samesite="strict")

    @delete("/api/session", status_code=204, response_cookies=[gone], tags=["access"])
    async def end_session() -> None:
        """Forgets the key in the cookie."""

    return [get_me, begin_session, end_session]


def _me(used: Used | None = None) -> Me:
    me = asking()
    return Me(me.id, me.name, list(me.scopes), list(me.datasets), used)


def _used(usage: Usage, settings: Settings) -> Used:
    return Used(
        datasets=usage.datasets,
        datasets_max=settings.datasets_per_key_max,
        rows=usage.rows,
        rows_max=settings.rows_per_key_max,
        held=usage.held,
        held_max=settings.held_per_key_max,
        bytes_today=usage.bytes_today,
        bytes_per_day_max=settings.bytes_per_day_max,
        requests_per_minute_max=settings.requests_per_minute_max,
    )


def check_patterns(patterns: Sequence[str]) -> list[str]:
    """Composed (NFC), each once. Raises `BadRequest`."""
    composed = list(dict.fromkeys(unicodedata.normalize("NFC", pattern) for pattern in patterns))
    if wrong := next((pattern for pattern in composed if ALL in pattern[:-1]), None):
        raise BadRequest(
            "bad-pattern", f"datasets: {wrong!r} has a * that is not at its end. Give a name, or the beginning of names and *."
        )
    return composed


def _fields(row: RowMapping) -> dict[str, Any]:
    return {name: row[name] for name in KeyOut.__struct_fields__}
