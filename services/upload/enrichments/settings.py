"""What an enrichment may say: the column, where its values are looked up, and which fields of the answers become columns. Pure."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote

import msgspec
from msgspec import Meta, Struct

from backbone.columns.titles import fold_title
from backbone.errors import BadRequest
from backbone.outgoing.addresses import Refused
from backbone.outgoing.request import read_url
from services.upload.sources.settings import ApiSettings, Headers, Paging, Text, check_headers, check_paging

EnrichmentKind = Literal["lookup", "list"]
VALUE: Final = "{value}"
FIELDS_MAX: Final = 100
DAY_S: Final = 24 * 3600
Path = Annotated[str, Meta(min_length=1, max_length=200)]
Title = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*$")]
Status = Annotated[int, Meta(ge=400, le=499)]


class LookupSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`url` with `{value}` where a value goes. `record`: where the object of the fields stands in an answer, as `data.0`; empty: it is the answer.
    `missing`: statuses that say that there is no such value; `empty`: what it says when no object stands there. `rate`: requests a second.
    `cache_s`: so old an answer may be that is taken without asking again."""

    url: Text
    record: Annotated[str, Meta(max_length=200)] = ""
    missing: Annotated[tuple[Status, ...], Meta(max_length=20)] = (404,)
    empty: Literal["missing", "failed"] = "missing"
    headers: Headers = {}
    rate: Annotated[float, Meta(gt=0, le=1000)] = 5.0
    concurrency: Annotated[int, Meta(ge=1, le=16)] = 2
    cache_s: Annotated[int, Meta(ge=0, le=3650 * DAY_S)] = 30 * DAY_S


class ListSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`records`, `paging`: as of a source of kind `api`. `key`: the field of a record that equals the column."""

    url: Text
    key: Path
    records: Annotated[str, Meta(max_length=200)] = ""
    paging: Paging = Paging()
    headers: Headers = {}

    @property
    def api(self) -> ApiSettings:
        return ApiSettings(url=self.url, records=self.records, paging=self.paging, headers=self.headers)


class Field(Struct, frozen=True, kw_only=True):
    """`field`: where it stands in a record, as `name.common`; `title`: of the column that it becomes."""

    field: Path
    title: Title


class Definition(Struct, frozen=True, kw_only=True):
    """As it is kept. `place`: the settings of its kind."""

    column: Annotated[str, Meta(min_length=1, max_length=1024)]
    fields: Annotated[tuple[Field, ...], Meta(min_length=1, max_length=FIELDS_MAX)]
    place: dict[str, Any]


KINDS: Final[Mapping[EnrichmentKind, type[LookupSettings] | type[ListSettings]]] = {"lookup": LookupSettings, "list": ListSettings}


def define(column: str, fields: Mapping[str, str], place: Mapping[str, Any]) -> Definition:
    """Raises `BadRequest`. In the order of `fields`."""
    titles = [fold_title(title) for title in fields.values()]
    if not fields or len(set(titles)) < len(titles) or not all(titles):
        raise _bad('fields: name each field that becomes a column, and the title of it, each title once: {"name.common": "Country name"}.')
    if fold_title(column) in titles:
        raise _bad(f"fields: {column!r} is the column that is looked up; a field cannot take its place.")
    kept = [{"field": field, "title": title} for field, title in fields.items()]
    try:
        return msgspec.convert({"column": column, "fields": kept, "place": dict(place)}, Definition)
    except msgspec.ValidationError as error:
        raise _bad(f"{error}.") from None


def read_definition(settings: Mapping[str, Any]) -> Definition:
    return msgspec.convert(settings, Definition)


def read_place(kind: str, settings: Mapping[str, Any]) -> LookupSettings | ListSettings:
    """Raises `BadRequest` that names the setting, `Refused`."""
    shape = KINDS["lookup" if kind == "lookup" else "list"]
    try:
        read = msgspec.convert(settings, shape)
    except msgspec.ValidationError as error:
        known = ", ".join(field.name for field in msgspec.structs.fields(shape))
        raise _bad(f"settings of kind={kind}: {error}. There are {known}.") from None
    check_headers(read.headers)
    if isinstance(read, ListSettings):
        check_paging(read.paging)
        read_url(read.url)
    else:
        _check_url(read.url)
    return read


def url_for(url: str, value: str) -> str:
    """With the value in it, percent-encoded. Raises `Refused` for one that would lead elsewhere."""
    if value in (".", ".."):
        raise Refused("bad-value", "A value of points alone is a step in a path, and not a name that can be asked for.")
    return url.replace(VALUE, quote(value, safe="", errors="strict"))


def titles_of(definition: Definition) -> Sequence[str]:
    return [field.title for field in definition.fields]


def _check_url(url: str) -> None:
    if VALUE not in url:
        raise _bad(f"url: it has no {VALUE}, where the value goes that is looked up: https://api.example/countries/{VALUE}.")
    origins = {(read.scheme, read.host, read.port) for read in (read_url(url_for(url, text)) for text in ("a", "7"))}
    if len(origins) > 1:
        raise _bad(f"url: {VALUE} stands in the name of the server. Values go into the path or the query.")


def _bad(detail: str) -> BadRequest:
    return BadRequest("bad-enrichment", detail)
