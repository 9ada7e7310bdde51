"""Objects of an S3 bucket whose keys begin and look as told: each new or changed one comes once, the oldest first."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fnmatch import fnmatchcase
from typing import Final
from urllib.parse import unquote
from xml.etree import ElementTree

from msgspec import Struct

from backbone.errors import Rejected
from backbone.outgoing.client import Outgoing
from backbone.outgoing.request import OutgoingRequest, read_url
from backbone.outgoing.signed_urls import Bucket, list_url, object_url
from services.upload.sources.place import Content, Item
from services.upload.sources.settings import S3Settings, Secret
from services.upload.sources.url_place import check_status

LISTING_BYTES_MAX: Final = 8 * 1024 * 1024
OBJECTS_MAX: Final = 100_000  # under one prefix
CHANGED_MEANWHILE: Final = (404, 412)
_NAMESPACE: Final = "{*}"


class Listed(Struct, frozen=True):
    modified: str  # ISO 8601, so in order as text
    key: str
    etag: str


class S3Place:
    def __init__(self, settings: S3Settings, secret: Secret, outgoing: Outgoing, bytes_max: int) -> None:
        """Raises `Refused`."""
        endpoint = settings.endpoint or f"https://s3.{settings.region}.amazonaws.com"
        read_url(endpoint)
        self._settings = settings
        self._bucket = Bucket(
            endpoint=endpoint.rstrip("/"), name=settings.bucket, region=settings.region, user=secret.user, password=secret.password
        )
        self._outgoing = outgoing
        self._bytes_max = bytes_max

    async def items(self) -> AsyncIterator[Item]:
        listed: list[Listed] = []
        after = ""
        while True:
            page, after = read_listing(await self._list(after))
            listed += [entry for entry in page if self._is_meant(entry.key)]
            if len(listed) > OBJECTS_MAX:
                raise Rejected("too-many-objects", f"More than {OBJECTS_MAX} objects are meant. Narrow prefix or glob.")
            if not after:
                break
        for entry in sorted(listed, key=lambda entry: (entry.modified, entry.key)):
            yield Item(entry.key, entry.etag)

    def _is_meant(self, key: str) -> bool:
        return not key.endswith("/") and fnmatchcase(key.removeprefix(self._settings.prefix), self._settings.glob)

    async def _list(self, after: str) -> bytes:
        async with self._outgoing.send(OutgoingRequest(url=list_url(self._bucket, self._settings.prefix, after))) as answer:
            check_status(answer)
            return await answer.read(LISTING_BYTES_MAX)

    @asynccontextmanager
    async def open(self, item: Item, known: str | None) -> AsyncIterator[Content | None]:
        """One that was changed or removed since it was listed is left to the next run."""
        request = OutgoingRequest(url=object_url(self._bucket, item.name), headers={"if-match": item.mark})
        async with self._outgoing.send(request) as answer:
            if answer.status in CHANGED_MEANWHILE:
                yield None
                return
            check_status(answer)
            yield Content(answer.blocks(self._bytes_max), item.mark, item.name.rpartition("/")[2][-255:] or "object.csv")


def read_listing(content: bytes) -> tuple[list[Listed], str]:
    """The objects, and the token with which the listing goes on; empty: it ends here. Raises `Rejected`."""
    try:
        root = ElementTree.fromstring(content)
    except ElementTree.ParseError:
        raise Rejected("source-answers", "What should list the bucket's objects is no XML. Is the endpoint that of an S3?") from None
    listed = []
    for entry in root.iterfind(f"{_NAMESPACE}Contents"):
        key, etag, modified = (entry.findtext(f"{_NAMESPACE}{name}", "") for name in ("Key", "ETag", "LastModified"))
        listed.append(Listed(modified, unquote(key.replace("+", " ")), etag))
    is_cut = root.findtext(f"{_NAMESPACE}IsTruncated", "") == "true"
    return listed, root.findtext(f"{_NAMESPACE}NextContinuationToken", "") if is_cut else ""
