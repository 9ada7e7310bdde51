"""Which place stands behind which kind of source: one table."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from backbone.catalog.sources import SourceRecord
from backbone.outgoing.client import Outgoing
from services.upload.sources.place import Place
from services.upload.sources.settings import Kind, Secret, UrlSettings, read_settings
from services.upload.sources.url_place import UrlPlace


class Surroundings(Struct, frozen=True, kw_only=True):
    """What places are reached with, and what they may not exceed."""

    outgoing: Outgoing
    bytes_max: int


def make_place(surroundings: Surroundings, source: SourceRecord, secret: Secret) -> Place:
    """Raises `Rejected` where this server does not fetch from there."""
    return place_of(surroundings, source.kind, source.settings, secret)


def place_of(surroundings: Surroundings, kind: Kind, settings: Mapping[str, Any], secret: Secret) -> Place:
    """Raises `Rejected`, `BadRequest`."""
    read = read_settings(kind, settings)
    outgoing, bytes_max = surroundings.outgoing, surroundings.bytes_max
    match read:
        case UrlSettings():
            return UrlPlace(read, secret, outgoing, bytes_max)
    raise AssertionError(f"no place of kind {kind}")
