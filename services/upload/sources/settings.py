"""What each kind of source may say: the settings of its place, and its secret. Pure."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from backbone.errors import BadRequest

Kind = Literal["url", "s3", "database", "api", "folder"]
Text = Annotated[str, Meta(max_length=8 * 1024)]
Name = Annotated[str, Meta(min_length=1, max_length=1024)]
Headers = Annotated[
    dict[Annotated[str, Meta(pattern="^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$")], Annotated[str, Meta(max_length=4096)]], Meta(max_length=20)
]
NOT_OURS: Final = ("host", "content-length", "transfer-encoding", "connection", "accept-encoding", "te", "upgrade", "expect")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class UrlSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    url: Text
    headers: Headers = {}


class S3Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Objects of `bucket` whose keys begin with `prefix` and whose rest is like `glob`. `endpoint` is that of AWS in `region` when not given."""

    bucket: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    prefix: Annotated[str, Meta(max_length=1024)] = ""
    glob: Name = "*"
    endpoint: Text = ""
    region: Annotated[str, Meta(pattern="^[a-z0-9-]{1,40}$")] = "us-east-1"


class DatabaseSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`url` as SQLAlchemy has them, without a password: `postgresql://reader@host:5432/shop`, `sqlite:////data/shop.db`."""

    url: Text
    query: Annotated[str, Meta(min_length=1, max_length=64 * 1024)]


class Paging(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`by=link`: as the header `Link` says, or the field `next`. `page` and `offset` count in `parameter`, from `start`, until a page has no record;
    `cursor` takes the field `next` of one page as the `parameter` of the following one."""

    by: Literal["none", "link", "page", "cursor", "offset"] = "none"
    parameter: Annotated[str, Meta(max_length=100)] = ""
    next: Annotated[str, Meta(max_length=200)] = ""
    start: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None
    size_parameter: Annotated[str, Meta(max_length=100)] = ""
    size: Annotated[int, Meta(ge=1, le=100_000)] = 100
    pages_max: Annotated[int, Meta(ge=1, le=100_000)] = 10_000


class ApiSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`records`: where the list of records stands, as `data.items`; empty: the answer is that list. `fields`: which become columns, as `price.amount`,
    in this order; all, when not given."""

    url: Text
    records: Annotated[str, Meta(max_length=200)] = ""
    fields: Annotated[tuple[Name, ...], Meta(max_length=10_000)] = ()
    paging: Paging = Paging()
    headers: Headers = {}


class FolderSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    path: Name
    glob: Name = "*"


class Secret(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`token`: sent as `Authorization: Bearer`. `user` and `password`: of a web server, a database, or the two keys of S3. `headers`: further ones
    that are secret."""

    token: Annotated[str, Meta(max_length=8 * 1024)] = ""
    user: Annotated[str, Meta(max_length=1024)] = ""
    password: Annotated[str, Meta(max_length=8 * 1024)] = ""
    headers: Headers = {}

    @property
    def values(self) -> tuple[str, ...]:
        return (self.token, self.password, *self.headers.values())


KINDS: Final[Mapping[Kind, type[Struct]]] = {
    "url": UrlSettings,
    "s3": S3Settings,
    "database": DatabaseSettings,
    "api": ApiSettings,
    "folder": FolderSettings,
}


def read_settings(kind: Kind, settings: Mapping[str, Any]) -> Any:
    """Raises `BadRequest` that names the setting."""
    shape = KINDS[kind]
    known = ", ".join(field.name for field in msgspec.structs.fields(shape))
    try:
        read = msgspec.convert(settings, shape)
    except msgspec.ValidationError as error:
        raise BadRequest("bad-source", f"settings of kind={kind}: {error}. There are {known}.") from None
    check_headers(getattr(read, "headers", {}))
    if isinstance(read, ApiSettings):
        check_paging(read.paging)
    return read


def read_secret(secret: Mapping[str, Any]) -> Secret:
    """Raises `BadRequest` that does not hold what was sent."""
    try:
        read = msgspec.convert(secret, Secret)
    except msgspec.ValidationError as error:
        raise BadRequest("bad-source", f"secret: {error}. There are token, user, password, headers.") from None
    check_headers(read.headers)
    if any(_CONTROL.search(value) for value in (read.user, *read.values)):
        raise BadRequest("bad-source", "secret: it holds a control character, such as a line end.")
    if read.token and (read.user or read.password):
        raise BadRequest("bad-source", "secret: give token, or user and password, and not both.")
    return read


def check_headers(headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        if name.lower() in NOT_OURS or _CONTROL.search(value) or not value.isascii():
            raise BadRequest("bad-source", f"headers: {name} is none that can be set, or its value is not plain ASCII.")


def check_paging(paging: Paging) -> None:
    if paging.by in ("page", "offset", "cursor") and not paging.parameter:
        raise BadRequest("bad-source", f"paging: by={paging.by} needs parameter, the name of the URL's parameter that it goes into.")
    if paging.by == "cursor" and not paging.next:
        raise BadRequest("bad-source", "paging: by=cursor needs next, where an answer has the cursor, as meta.next_cursor.")


def redacted(text: str, secret: Secret) -> str:
    for value in secret.values:
        if len(value) > 3:
            text = text.replace(value, "***")
    return text
