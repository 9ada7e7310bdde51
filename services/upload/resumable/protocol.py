"""What tus 1.0 says in headers (https://tus.io/protocols/resumable-upload): read, or refused. Pure."""

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import Any, Final

from msgspec import Struct

from backbone.errors import BadRequest, NotCsv, Rejected, TooLarge

VERSION: Final = "1.0.0"
PIECE_TYPE: Final = "application/offset+octet-stream"
EXTENSIONS: Final = "creation,termination,checksum,expiration"
ALGORITHMS: Final[Mapping[str, Callable[[], Any]]] = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "md5": hashlib.md5}
METADATA_CHARACTERS_MAX: Final = 16 * 1024
OF_BROWSERS: Final = ("filetype", "type", "name", "relativePath")  # what clients send along of a file, and what is none of the options
COUNT_MAX: Final = 2**53
_COUNT: Final = re.compile(r"[0-9]{1,20}")  # Python reads no number of many thousand digits


class WrongVersion(Rejected):
    status = 412


class Gone(Rejected):
    status = 410


class ChecksumMismatch(Rejected):
    """The piece was damaged on its way. tus has a status of its own for it."""

    status = 460


class Checksum(Struct, frozen=True):
    algorithm: str
    digest: bytes


def check_version(headers: Mapping[str, str]) -> None:
    if headers.get("tus-resumable") != VERSION:
        raise WrongVersion("wrong-tus-version", f"This speaks tus {VERSION}: send the header Tus-Resumable: {VERSION}.")


def read_size(headers: Mapping[str, str], size_bytes_max: int) -> int:
    if headers.get("upload-defer-length"):
        raise BadRequest("length-needed", "Upload-Defer-Length is not understood. Say with Upload-Length how many bytes the file has.")
    size_bytes = _count(headers, "upload-length")
    if size_bytes > size_bytes_max:
        raise TooLarge("file-too-large", f"The file is larger than {size_bytes_max} bytes. ROWMILL_FILE_BYTES_MAX raises the limit.")
    return size_bytes


def read_offset(headers: Mapping[str, str]) -> int:
    if headers.get("content-type", "").partition(";")[0].strip().lower() != PIECE_TYPE:
        raise NotCsv("wrong-piece-type", f"A piece of a file is sent with Content-Type: {PIECE_TYPE}.")
    return _count(headers, "upload-offset")


def _count(headers: Mapping[str, str], name: str) -> int:
    text = headers.get(name, "")
    if _COUNT.fullmatch(text) is None or int(text) > COUNT_MAX:
        raise BadRequest("bad-header", f"The header {name.title()} must be a number of bytes; it is {text[:40]!r}.", header=name)
    return int(text)


def read_metadata(text: str) -> dict[str, str]:
    """Options of an upload by name, from `Upload-Metadata: filename cHJpY2VzLmNzdg==,mode dXBzZXJ0`."""
    if len(text) > METADATA_CHARACTERS_MAX:
        raise BadRequest("bad-header", f"Upload-Metadata is longer than {METADATA_CHARACTERS_MAX} characters.", header="upload-metadata")
    stated: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        name, _, encoded = pair.partition(" ")
        name = "file_name" if name == "filename" else name
        if name in stated:
            raise BadRequest("option-twice", f"Upload-Metadata says {name} twice. Each may be said once.", header="upload-metadata")
        stated[name] = _decoded(name, encoded.strip())
    return {name: value for name, value in stated.items() if name not in OF_BROWSERS}


def _decoded(name: str, encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except ValueError:  # no base64 or no UTF-8, and of characters beyond ASCII Python says it without a word of its own
        detail = f"The value of {name[:60]} in Upload-Metadata must be base64 of UTF-8."
        raise BadRequest("bad-header", detail, header="upload-metadata") from None


def read_checksum(headers: Mapping[str, str]) -> Checksum | None:
    text = headers.get("upload-checksum")
    if text is None:
        return None
    algorithm, _, encoded = text.partition(" ")
    if algorithm not in ALGORITHMS:
        raise BadRequest("bad-header", f"Upload-Checksum is by one of {', '.join(ALGORITHMS)}.", header="upload-checksum")
    try:
        return Checksum(algorithm, base64.b64decode(encoded, validate=True))
    except ValueError:
        raise BadRequest(
            "bad-header", "Upload-Checksum is an algorithm, a blank, and the checksum in base64.", header="upload-checksum"
        ) from None


def http_date(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)
