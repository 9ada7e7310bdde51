"""Who may do what: one table, a line a route, and the check that stands before every handler.

What a principal may not see is 404, as if it were not there; what it may see and not do is 403; whoever has to say who they are and has
not is 401. A route that has no line here is for `admin` alone, and a test names it.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Literal

from cachetools import TTLCache
from litestar import Request
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.dataset_of_upload import dataset_of_upload
from backbone.catalog.datasets import no_such_dataset
from backbone.catalog.keys import find_principal
from backbone.catalog.uploads import no_such_upload
from backbone.errors import Rejected
from backbone.postgres.engine import transaction
from backbone.runtime.key_text import is_key
from backbone.runtime.principal import EVERYBODY, NOBODY, Principal, Scope, set_asking
from backbone.runtime.request_record import request_record

COOKIE: Final = "rowmill_key"
REMEMBERED_S: Final = 2.0  # so long after it was revoked may a process still take a key
REMEMBERED_MAX: Final = 10_000

Names = Literal["", "dataset", "upload", "everything"]


class Rule(Struct, frozen=True):
    """Any one of `scopes`; none: whoever comes. `names`: what the path names, so that it is checked whether the principal may see it;
    `everything`: what belongs to no dataset, and is for those alone who see all of them."""

    scopes: tuple[Scope, ...]
    names: Names = ""


OPEN: Final = Rule(())
ANYBODY: Final[tuple[Scope, ...]] = ("read", "upload", "manage", "metrics")
READ: Final = Rule(("read",))
ADMIN: Final = Rule(("admin",), "everything")
MANAGE_ALL: Final = Rule(("manage",), "everything")
READ_DATASET: Final = Rule(("read",), "dataset")
MANAGE_DATASET: Final = Rule(("manage",), "dataset")
UPLOAD_ROWS: Final = Rule(("upload",), "dataset")
SEE_UPLOAD: Final = Rule(("read", "upload"), "upload")
ACT_ON_UPLOAD: Final = Rule(("upload", "manage"), "upload")
MANAGE_UPLOAD: Final = Rule(("manage",), "upload")
SEE_SOURCES: Final = Rule(("upload", "manage"))
MANAGE: Final = Rule(("manage",))

_DATASET: Final = "/api/datasets/{name}"
_UPLOAD: Final = "/api/uploads/{upload_id}"
_WEBHOOK: Final = "/api/webhooks/{webhook_id}"
_SOURCE: Final = "/api/sources/{source}"
_ENRICHMENT: Final = "/api/enrichments/{enrichment}"
ACCESS: Final[Mapping[tuple[str, str], Rule]] = {
    ("GET", "/"): OPEN,
    ("GET", "/index.html"): OPEN,
    ("GET", "/assets/{name}"): OPEN,
    ("GET", "/favicon.svg"): OPEN,
    ("GET", "/health/live"): OPEN,
    ("GET", "/health/ready"): OPEN,  # the details of it are for `metrics`
    ("GET", "/metrics"): Rule(("metrics",), "everything"),
    ("GET", "/api/me"): Rule(ANYBODY),
    ("POST", "/api/session"): Rule(ANYBODY),
    ("DELETE", "/api/session"): OPEN,
    ("GET", "/api/login"): OPEN,
    ("GET", "/api/login/ways"): OPEN,
    ("GET", "/api/login/callback"): OPEN,
    ("GET", "/api/audit"): ADMIN,
    ("GET", "/api/audit/export"): ADMIN,
    ("GET", "/api/keys"): ADMIN,
    ("POST", "/api/keys"): ADMIN,
    ("DELETE", "/api/keys/{key_id}"): ADMIN,
    ("GET", "/api/workers"): Rule(("metrics", "manage"), "everything"),
    ("GET", "/api/dead-letters"): MANAGE_ALL,
    ("GET", "/api/dead-letters/{letter_id}"): MANAGE_ALL,
    ("POST", "/api/dead-letters/{letter_id}/replay"): MANAGE_ALL,
    ("GET", "/api/datasets"): READ,  # the handler leaves out what the principal does not see, as of uploads and in the search
    ("GET", _DATASET): READ_DATASET,
    ("PATCH", _DATASET): MANAGE_DATASET,
    ("DELETE", _DATASET): MANAGE_DATASET,
    ("GET", _DATASET + "/rows"): READ_DATASET,
    ("POST", _DATASET + "/rows"): UPLOAD_ROWS,
    ("PATCH", _DATASET + "/rows"): UPLOAD_ROWS,
    ("DELETE", _DATASET + "/rows"): UPLOAD_ROWS,
    ("GET", _DATASET + "/rows/{row}"): READ_DATASET,
    ("GET", _DATASET + "/groups"): READ_DATASET,
    ("GET", _DATASET + "/export"): READ_DATASET,
    ("GET", _DATASET + "/versions/{version}/changes"): READ_DATASET,
    ("GET", "/api/search"): READ,
    ("GET", "/api/uploads"): Rule(("read", "upload")),
    ("GET", "/api/uploads/events"): Rule(("read", "upload")),  # the handler leaves out what the principal does not see
    ("POST", "/api/uploads"): Rule(("upload",)),  # the handler checks the dataset, which a form or the file's name may say
    ("POST", "/api/preview"): Rule(("upload", "read")),  # this one's too
    ("POST", "/api/resumable"): Rule(("upload",)),  # and this one's
    ("GET", "/api/resumable/{resumable_id}"): Rule(("upload",)),  # whoever began it alone: `catalog/resumables.py`
    ("PATCH", "/api/resumable/{resumable_id}"): Rule(("upload",)),
    ("DELETE", "/api/resumable/{resumable_id}"): Rule(("upload",)),
    ("GET", "/api/sources"): SEE_SOURCES,  # the handlers check the source's dataset
    ("POST", "/api/sources"): MANAGE,
    ("GET", _SOURCE): SEE_SOURCES,
    ("PATCH", _SOURCE): MANAGE,
    ("DELETE", _SOURCE): MANAGE,
    ("GET", _SOURCE + "/runs"): SEE_SOURCES,
    ("GET", _SOURCE + "/runs/{run_id}"): SEE_SOURCES,
    ("POST", _SOURCE + "/run"): SEE_SOURCES,
    ("POST", _SOURCE + "/pause"): MANAGE,
    ("POST", _SOURCE + "/resume"): MANAGE,
    ("GET", "/api/enrichments"): SEE_SOURCES,
    ("POST", "/api/enrichments"): MANAGE,
    ("GET", _ENRICHMENT): SEE_SOURCES,
    ("PATCH", _ENRICHMENT): MANAGE,
    ("DELETE", _ENRICHMENT): MANAGE,
    ("GET", _ENRICHMENT + "/runs"): SEE_SOURCES,
    ("GET", _ENRICHMENT + "/runs/{run_id}"): SEE_SOURCES,
    ("POST", _ENRICHMENT + "/run"): SEE_SOURCES,
    ("POST", _ENRICHMENT + "/preview"): MANAGE,  # it shows rows, and asks as often as it is called
    ("POST", "/api/enrichment-previews"): MANAGE,
    ("GET", "/api/webhooks"): MANAGE,  # the handlers check the datasets
    ("POST", "/api/webhooks"): MANAGE,
    ("GET", _WEBHOOK): MANAGE,
    ("PATCH", _WEBHOOK): MANAGE,
    ("DELETE", _WEBHOOK): MANAGE,
    ("GET", _WEBHOOK + "/deliveries"): MANAGE,
    ("POST", _WEBHOOK + "/deliveries/{delivery_id}/replay"): MANAGE,
    ("GET", _UPLOAD): SEE_UPLOAD,
    ("PATCH", _UPLOAD): ACT_ON_UPLOAD,
    ("DELETE", _UPLOAD): MANAGE_UPLOAD,
    ("GET", _UPLOAD + "/events"): SEE_UPLOAD,
    ("GET", _UPLOAD + "/file"): Rule(("read",), "upload"),
    ("GET", _UPLOAD + "/rejects"): SEE_UPLOAD,
    ("GET", _UPLOAD + "/rejects.csv"): SEE_UPLOAD,
    ("POST", _UPLOAD + "/cancel"): ACT_ON_UPLOAD,
    ("POST", _UPLOAD + "/discard"): ACT_ON_UPLOAD,
    ("POST", _UPLOAD + "/publish"): ACT_ON_UPLOAD,
    ("POST", _UPLOAD + "/retry"): ACT_ON_UPLOAD,
    ("POST", _UPLOAD + "/undo"): MANAGE_UPLOAD,
}
OPEN_BELOW: Final = ("/api/docs",)  # the API's description, which says the same to all


class Unauthorized(Rejected):
    """Nobody has said who asks, or what was said is good no more."""

    status = 401


class NotAllowed(Rejected):
    """Who asks is known, and may not do this."""

    status = 403


def rule_of(method: str, template: str) -> Rule:
    if method == "OPTIONS" or template.startswith(OPEN_BELOW):
        return OPEN
    return ACCESS.get((method, template), ADMIN)


class Access:
    """`find_upload`: the name of an upload's dataset; None: there is no such upload. `find_token`: whose token of an issuer it is, where there
    is an issuer."""

    def __init__(
        self,
        find: Callable[[str], Awaitable[Principal | None]],
        find_upload: Callable[[str], Awaitable[str | None]],
        find_token: Callable[[str], Awaitable[Principal | None]] | None = None,
    ) -> None:
        self._find = find
        self._find_upload = find_upload
        self._find_token = find_token
        self._known: TTLCache[str, Principal | None] = TTLCache(REMEMBERED_MAX, REMEMBERED_S)

    async def check(self, request: Request[Any, Any, Any]) -> None:
        """Raises `Unauthorized`, `NotAllowed`, `NotFound`, `Unavailable`."""
        rule = rule_of(str(request.scope["method"]), request.scope["path_template"])
        key = key_of(request)
        principal = await self._principal(key) if key else None
        set_asking(principal or NOBODY)
        if not rule.scopes:
            return
        if principal is None:
            raise _unauthorized(has_key=bool(key))
        await self._check_names(rule, principal, request.path_params)
        if not principal.may(*rule.scopes):
            raise NotAllowed(
                "not-allowed", f"This key ({principal.name}) may {_listed(principal.scopes)}; this needs {' or '.join(rule.scopes)}."
            )
        if rule.names == "everything" and not principal.sees_all:
            raise NotAllowed("not-allowed", f"This key ({principal.name}) is for some datasets only; this is about all of them.")

    async def _principal(self, key: str) -> Principal | None:
        find = self._find if is_key(key) else self._find_token
        if find is None:
            return None
        if key in self._known:
            return self._known.get(key)
        principal = await find(key)
        if principal is not None or find is self._find:  # of what is no token at all, any length may come
            self._known[key] = principal
        return principal

    async def _check_names(self, rule: Rule, principal: Principal, named: Mapping[str, Any]) -> None:
        if (record := request_record()) is not None:
            record.object = str(named.get("name") or named.get("upload_id") or "")
        if principal.sees_all:
            return
        if rule.names == "dataset" and not principal.sees(str(named["name"])):
            _note_hidden()
            raise no_such_dataset(str(named["name"]))
        if rule.names == "upload":
            upload_id = str(named["upload_id"])
            dataset = await self._find_upload(upload_id)
            if dataset is None or not principal.sees(dataset):
                _note_hidden()
                raise no_such_upload(upload_id)


def _note_hidden() -> None:
    if (record := request_record()) is not None:
        record.is_hidden = True


def open_access(engine: AsyncEngine, find_token: Callable[[str], Awaitable[Principal | None]] | None = None) -> Access:
    """With the keys of this database, and tokens of an issuer."""

    async def find(key: str) -> Principal | None:
        return await find_principal(engine, key)

    async def find_upload(upload_id: str) -> str | None:
        async with transaction(engine) as connection:
            return await dataset_of_upload(connection, upload_id)

    return Access(find, find_upload, find_token)


class OpenToAll:
    """In the place of `Access` where nobody is asked who they are."""

    async def check(self, request: Request[Any, Any, Any]) -> None:
        set_asking(EVERYBODY)


def key_of(request: Request[Any, Any, Any]) -> str:
    """As `Authorization: Bearer rwm_…`, or as the cookie of a browser's session; empty: none."""
    kind, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if kind.lower() == "bearer" else str(request.cookies.get(COOKIE, ""))


def _unauthorized(*, has_key: bool) -> Unauthorized:
    if has_key:
        return Unauthorized("bad-key", "This key is none of ours, was revoked, or has expired. Ask for another one.")
    return Unauthorized("key-needed", "This needs a key: send the header `Authorization: Bearer rwm_…`, or set ROWMILL_KEY for `rowmill`.")


def _listed(scopes: tuple[Scope, ...]) -> str:
    return " and ".join(scopes) or "nothing"
