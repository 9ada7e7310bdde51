"""The file store of either home from its URL: `file:///folder`, or `s3://[user:password@]bucket[/prefix][?endpoint=…&region=…]`."""

from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit
from urllib.request import url2pathname

from backbone.errors import BadRequest
from backbone.files.local import LocalFiles
from backbone.files.port import FileStore
from backbone.files.s3 import Bucket, S3Files


def open_files(url: str) -> FileStore:
    """Does no I/O; the folder or the bucket is made with the first use. Raises `BadRequest` for a URL that names no store."""
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path:
        return LocalFiles(Path(url2pathname(parts.path)))
    if parts.scheme == "s3" and parts.hostname:
        return S3Files(read_bucket(url))
    raise BadRequest("bad-setting", "ROWMILL_FILES_URL must be file:///folder or s3://bucket/prefix?endpoint=http://host:port.")


def read_bucket(url: str) -> Bucket:
    """Without user and password, and without an endpoint, the AWS_* variables count."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    if unknown := options.keys() - {"endpoint", "region"}:
        raise BadRequest("bad-setting", f"ROWMILL_FILES_URL knows endpoint and region, not {', '.join(sorted(unknown))}.")
    return Bucket(
        name=parts.hostname or "",
        prefix=unquote(parts.path).strip("/"),
        endpoint=options.get("endpoint"),
        region=options.get("region"),
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )
