"""URLs of S3 that are signed for some minutes, so that its objects are asked for through the one way out, as everything else. Pure but for the clock."""

from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

from msgspec import Struct

EXPIRES_S: Final = 900


class Bucket(Struct, frozen=True, kw_only=True):
    """`endpoint` as https://host[:port]. Without `user`, what the bucket shows to everybody."""

    endpoint: str
    name: str
    region: str
    user: str = ""
    password: str = ""


def object_url(bucket: Bucket, key: str) -> str:
    return _signed(bucket, "/" + quote(f"{bucket.name}/{key}", safe="/~"), "")


def list_url(bucket: Bucket, prefix: str, after: str) -> str:
    """Of up to 1,000 objects by key, behind `after`, a continuation token."""
    asked = {
        "list-type": "2",
        "max-keys": "1000",
        "prefix": prefix,
        "encoding-type": "url",
        **({"continuation-token": after} if after else {}),
    }
    query = "&".join(f"{name}={quote(value, safe='~')}" for name, value in sorted(asked.items()))
    return _signed(bucket, f"/{bucket.name}", query)


def _signed(bucket: Bucket, path: str, query: str) -> str:
    endpoint = urlsplit(bucket.endpoint)
    url = endpoint._replace(path=path, query=query)
    if not bucket.user:
        return urlunsplit(url)
    from minio.credentials.credentials import Credentials  # here, for it takes a fifth of a second, and who has no such source is spared it
    from minio.signer import presign_v4

    credentials = Credentials(access_key=bucket.user, secret_key=bucket.password)
    signed = presign_v4(method="GET", url=url, region=bucket.region, credentials=credentials, date=datetime.now(UTC), expires=EXPIRES_S)
    return urlunsplit(signed)
