"""FileStore in a bucket of MinIO or any S3. The bytes go through obstore; the bucket itself is made with the minio client.

A process that dies in the middle of a put leaves parts that no listing shows: MinIO removes them after a day by itself, other stores
need a lifecycle rule (AbortIncompleteMultipartUpload).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from backbone.errors import BadRequest, NotFound, Unavailable
from backbone.files.multipart_put import put_blocks
from backbone.files.obstore_base import OURS, StoredFiles, check_key, first_line, store_errors, unavailable

if TYPE_CHECKING:  # obstore's exist for type checkers only
    from minio import Minio
    from obstore.store import ClientConfig, RetryConfig, S3Config

DEFAULT_REGION: Final = "us-east-1"
CONNECT_TIMEOUT_S: Final = 5
READ_TIMEOUT_S: Final = 15  # without a byte
REQUEST_TIMEOUT_S: Final = 120  # a part of PART_BYTES, so at least 100 KiB/s
RETRIES_MAX: Final = 3
RETRIES_TIMEOUT_S: Final = 15
CHECK_TIMEOUT_S: Final = 5.0
CHECK: Final = OURS + "check"  # is asked for, and need not be there


@dataclass(frozen=True)
class Bucket:
    name: str
    prefix: str = ""
    endpoint: str | None = None  # None: AWS itself, or what AWS_ENDPOINT_URL says
    region: str | None = None
    user: str | None = None
    password: str | None = None


class S3Files(StoredFiles):
    def __init__(self, bucket: Bucket) -> None:
        store = _store(bucket)
        super().__init__(store)
        self._name = bucket.name
        self._config = store.config  # with what AWS_* in the environment added
        self._bucket_found = False
        self._finding = asyncio.Lock()

    async def put(self, key: str, blocks: AsyncIterator[bytes]) -> int:
        check_key(key)
        await self._find_bucket()
        try:
            return await put_blocks(self._store, key, blocks)
        except Unavailable:
            self._bucket_found = False  # perhaps because the bucket has gone: look again
            raise

    async def check(self) -> None:
        """A bucket that is not there yet is made by the first file."""
        try:
            async with asyncio.timeout(CHECK_TIMEOUT_S):
                with suppress(NotFound), store_errors(CHECK):
                    await obstore.head_async(self._store, CHECK)
        except TimeoutError as error:
            raise unavailable(error) from error

    async def _find_bucket(self) -> None:
        async with self._finding:
            if self._bucket_found:
                return
            await asyncio.to_thread(_make_bucket, self._name, self._config)
            self._bucket_found = True


def _store(bucket: Bucket) -> S3Store:
    config: S3Config = {"region": bucket.region or DEFAULT_REGION}
    if bucket.endpoint is not None:
        config["endpoint"] = bucket.endpoint
    if bucket.user is not None:
        config["access_key_id"] = bucket.user
        config["secret_access_key"] = bucket.password or ""
    client: ClientConfig = {
        "allow_http": True,
        "connect_timeout": timedelta(seconds=CONNECT_TIMEOUT_S),
        "read_timeout": timedelta(seconds=READ_TIMEOUT_S),
        "timeout": timedelta(seconds=REQUEST_TIMEOUT_S),
    }
    retry: RetryConfig = {"max_retries": RETRIES_MAX, "retry_timeout": timedelta(seconds=RETRIES_TIMEOUT_S)}
    try:
        return S3Store(bucket.name, prefix=bucket.prefix or None, config=config, client_options=client, retry_config=retry)
    except BaseError as error:
        raise BadRequest("bad-setting", f"ROWMILL_FILES_URL and AWS_* do not make an S3 store: {first_line(error)}") from None


def _make_bucket(name: str, config: "S3Config") -> None:
    """One that is there already, or that we may use but neither see nor make, is as good as made. Raises `Unavailable`."""
    import urllib3  # here, because it opens a socket when it is imported
    from minio.error import MinioException, S3Error

    try:
        client = _administration(config)
        if client is not None and not client.bucket_exists(bucket_name=name):
            client.make_bucket(bucket_name=name)
    except S3Error as error:
        if error.code not in ("AccessDenied", "BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
            raise unavailable(error) from error
    except (MinioException, urllib3.exceptions.HTTPError, OSError) as error:
        raise unavailable(error) from error


def _administration(config: "S3Config") -> "Minio | None":
    """None without credentials of our own: then a role of the machine has them, and whoever gave it made the bucket too."""
    import urllib3
    from minio import Minio
    from minio.credentials.providers import StaticProvider

    user = config.get("access_key_id")
    if user is None:
        return None
    endpoint = urlsplit(config.get("endpoint") or "https://s3.amazonaws.com")
    timeout = urllib3.Timeout(connect=CONNECT_TIMEOUT_S, read=READ_TIMEOUT_S)
    return Minio(
        endpoint=endpoint.netloc,
        secure=endpoint.scheme == "https",
        region=config.get("region"),
        credentials=StaticProvider(user, config.get("secret_access_key") or "", config.get("session_token")),
        http_client=urllib3.PoolManager(timeout=timeout, retries=urllib3.Retry(total=1)),
    )
