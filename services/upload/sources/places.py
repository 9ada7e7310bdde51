"""Which place stands behind which kind of source: one table."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from msgspec import Struct

from backbone.catalog.sources import SourceRecord
from backbone.outgoing.addresses import Refused
from backbone.outgoing.client import Outgoing
from services.upload.sources.api_place import ApiPlace
from services.upload.sources.database_place import DatabasePlace
from services.upload.sources.folder_place import FolderPlace
from services.upload.sources.place import Place
from services.upload.sources.s3_place import S3Place
from services.upload.sources.settings import (
    ApiSettings,
    DatabaseSettings,
    FolderSettings,
    Kind,
    S3Settings,
    Secret,
    UrlSettings,
    read_settings,
)
from services.upload.sources.url_place import UrlPlace


class Surroundings(Struct, frozen=True, kw_only=True):
    """What places are reached with, and what they may not exceed."""

    outgoing: Outgoing
    bytes_max: int
    folders: tuple[Path, ...]  # of this machine, that may be read
    is_embedded: bool


def make_place(surroundings: Surroundings, source: SourceRecord, secret: Secret) -> Place:
    """Raises `Rejected` where this server does not fetch from there."""
    return place_of(surroundings, cast("Kind", source.kind), source.settings, secret)  # enrichments are run elsewhere


def place_of(surroundings: Surroundings, kind: Kind, settings: Mapping[str, Any], secret: Secret) -> Place:
    """Raises `Rejected`, `BadRequest`."""
    read = read_settings(kind, settings)
    outgoing, bytes_max = surroundings.outgoing, surroundings.bytes_max
    match read:
        case UrlSettings():
            return UrlPlace(read, secret, outgoing, bytes_max)
        case S3Settings():
            return S3Place(read, secret, outgoing, bytes_max)
        case DatabaseSettings():
            return DatabasePlace(read, secret, outgoing, bytes_max, list(surroundings.folders))
        case ApiSettings():
            return ApiPlace(read, secret, outgoing)
        case FolderSettings() if surroundings.is_embedded:
            return FolderPlace(read, list(surroundings.folders), bytes_max)
    raise Refused(
        "folder-not-allowed", "kind=folder is for the embedded home: elsewhere each process has folders of its own. Take an S3 prefix."
    )
