"""The FileStore contract, on a local directory and on S3."""

import asyncio
import os
import secrets
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from minio import Minio

from backbone.errors import BadRequest, NotFound, Unavailable
from backbone.files.open import open_files
from backbone.files.port import FileStore
from tests.stack import Stack

MIB = 1024 * 1024
BUCKET = "rowmill-test"


@pytest.fixture
def place(home: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The URL of an empty store."""
    if home == "embedded":
        return (tmp_path / "not" / "there yet").as_uri()
    server = urlsplit(request.getfixturevalue("stack").minio)
    return f"s3://{server.username}:{server.password}@{BUCKET}/{secrets.token_hex(8)}?endpoint=http://{server.hostname}:{server.port}"


@pytest.fixture
async def files(place: str) -> AsyncIterator[FileStore]:
    store = open_files(place)
    yield store
    async for key in store.keys(""):
        await store.delete(key)
    await store.close()


async def blocks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def read_all(files: FileStore, key: str) -> bytes:
    return b"".join([block async for block in files.stream(key)])


async def keys(files: FileStore, prefix: str) -> list[str]:
    return sorted([key async for key in files.keys(prefix)])


def leftovers(place: str) -> list[str]:
    """Everything in the store, unfinished uploads included, that no `keys` may show."""
    parts = urlsplit(place)
    if parts.scheme == "file":
        return [str(path) for path in Path(parts.path.replace("%20", " ")).rglob("*") if path.is_file()]
    server = urlsplit(parts.query.removeprefix("endpoint="))
    client = Minio(endpoint=server.netloc, access_key=parts.username, secret_key=parts.password, secure=False)
    prefix = parts.path.strip("/") + "/"
    found = [found.object_name or "" for found in client.list_objects(bucket_name=BUCKET, prefix=prefix, recursive=True)]
    # MinIO lists unfinished uploads only under the exact key.
    unfinished = client._list_multipart_uploads(bucket_name=BUCKET, prefix=prefix + "uploads/1/original").uploads
    return found + [upload.object_name for upload in unfinished]


async def test_a_file_comes_back_as_it_was_put(files: FileStore) -> None:
    assert await files.put("uploads/1/original", blocks(b"name,sku\n", b"", b"caf\xc3\xa9,\x00\xff\n")) == 18
    assert await read_all(files, "uploads/1/original") == b"name,sku\ncaf\xc3\xa9,\x00\xff\n"


@pytest.mark.parametrize("parts", [(), (b"",)])
async def test_an_empty_file_is_a_file(files: FileStore, parts: tuple[bytes, ...]) -> None:
    assert await files.put("uploads/1/original", blocks(*parts)) == 0
    assert await read_all(files, "uploads/1/original") == b""
    assert await keys(files, "uploads/") == ["uploads/1/original"]
    assert await files.read("uploads/1/original", 0, 0) == b""


async def test_ranges_are_exact_or_refused(files: FileStore) -> None:
    await files.put("uploads/1/original", blocks(b"0123456789"))
    assert await files.read("uploads/1/original", 0, 10) == b"0123456789"
    assert await files.read("uploads/1/original", 3, 4) == b"3456"
    assert await files.read("uploads/1/original", 10, 0) == b""
    for offset, length in ((8, 3), (10, 1), (500, 1), (11, 0)):
        with pytest.raises(NotFound):
            await files.read("uploads/1/original", offset, length)


async def test_a_missing_file_is_not_found(files: FileStore) -> None:
    for length in (0, 1):
        with pytest.raises(NotFound):
            await files.read("uploads/none", 0, length)
    with pytest.raises(NotFound):
        await read_all(files, "uploads/none")


async def test_deleting_twice_is_no_error_and_takes_nothing_else(files: FileStore) -> None:
    await files.put("uploads/1/original", blocks(b"a"))
    await files.put("uploads/1/utf8", blocks(b"b"))
    await files.delete("uploads/1/original")
    await files.delete("uploads/1/original")
    assert await keys(files, "") == ["uploads/1/utf8"]


async def test_overwriting_replaces_the_whole_file(files: FileStore) -> None:
    await files.put("uploads/1/original", blocks(b"long content"))
    assert await files.put("uploads/1/original", blocks(b"short")) == 5
    assert await read_all(files, "uploads/1/original") == b"short"


async def test_a_check_leaves_nothing(files: FileStore, place: str) -> None:
    """Every process is asked every few seconds whether it is ready: a write each time would wear disks, and cost in an S3."""
    before = leftovers(place)
    await files.check()
    assert leftovers(place) == before
    await files.put("uploads/1/original", blocks(b"x"))
    await files.check()
    assert len(leftovers(place)) == len(before) + 1
    await files.delete("uploads/1/original")
    await files.check()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    files = open_files(tmp_path.as_uri())
    await asyncio.to_thread(tmp_path.chmod, 0o500)
    with pytest.raises(Unavailable, match="cannot be written to"):
        await files.check()


async def test_a_folder_that_has_gone_is_told(tmp_path: Path) -> None:
    files = open_files((tmp_path / "store").as_uri())
    await files.check()
    shutil.rmtree(tmp_path / "store")
    with pytest.raises(Unavailable):
        await files.check()


async def test_keys_are_those_of_the_folder_only(files: FileStore) -> None:
    await files.check()
    for key in ("uploads/1/original", "uploads/1/deep/er", "uploads/12/original", "uploads.x", "other/1"):
        await files.put(key, blocks(b"x"))
    assert await keys(files, "uploads/1/") == ["uploads/1/deep/er", "uploads/1/original"]
    assert await keys(files, "uploads/") == ["uploads/1/deep/er", "uploads/1/original", "uploads/12/original"]
    assert await keys(files, "none/") == []
    assert len(await keys(files, "")) == 5


async def test_1100_keys_are_all_listed(files: FileStore) -> None:
    """More than a page of S3's listing."""
    for start in range(0, 1100, 100):
        await asyncio.gather(*(files.put(f"many/{number}", blocks(b"x")) for number in range(start, start + 100)))
    assert len(await keys(files, "many/")) == 1100
    folder = [key async for key in files.keys("many/")]
    for start in range(0, 1100, 100):
        await asyncio.gather(*(files.delete(key) for key in folder[start : start + 100]))
    assert await keys(files, "many/") == []


@pytest.mark.parametrize("size", [0, 100, 5 * MIB, 40 * MIB])
async def test_a_stream_that_breaks_leaves_nothing_behind(files: FileStore, place: str, size: int) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        for _ in range(size // MIB or 1):
            yield bytes(min(size, MIB))
        raise FileNotFoundError("not the store's own")

    await files.put("uploads/2/original", blocks(b"makes the bucket"))
    await files.delete("uploads/2/original")
    with pytest.raises(FileNotFoundError, match="not the store's own"):
        await files.put("uploads/1/original", breaking())
    assert leftovers(place) == []
    with pytest.raises(NotFound):
        await files.read("uploads/1/original", 0, 1)


async def test_a_cancelled_put_leaves_nothing_behind(files: FileStore, place: str) -> None:
    arrived, never = asyncio.Event(), asyncio.Event()

    async def stalling() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield bytes(MIB)
        arrived.set()
        await never.wait()

    putting = asyncio.create_task(files.put("uploads/1/original", stalling()))
    await arrived.wait()
    putting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await putting
    assert leftovers(place) == []
    assert len(asyncio.all_tasks()) <= 2  # this test and the runner's: no task still waits for the body


async def test_a_large_file_passes_in_little_memory(files: FileStore) -> None:
    size = 160 * MIB
    block = secrets.token_bytes(64 * 1024)
    peak = start = resident_bytes()

    async def body() -> AsyncIterator[bytes]:
        nonlocal peak
        for _ in range(size // len(block)):
            yield block
            peak = max(peak, resident_bytes())

    assert await files.put("uploads/1/original", body()) == size
    length = 0
    async for got in files.stream("uploads/1/original"):
        assert len(got) <= 4 * MIB
        assert got[: len(block)] == block
        length += len(got)
        peak = max(peak, resident_bytes())
    assert length == size
    assert await files.read("uploads/1/original", size - 10, 10) == block[-10:]
    assert peak - start < 96 * MIB


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def test_puts_and_deletes_in_one_folder_do_not_disturb_each_other(files: FileStore) -> None:
    """Deleting the last file of a folder removes the folder, under the hands of whoever puts one there."""

    async def work(number: int) -> None:
        for turn in range(20):
            await files.put(f"shared/folder/{number}", blocks(b"%d" % turn))
            assert await read_all(files, f"shared/folder/{number}") == b"%d" % turn
            await files.delete(f"shared/folder/{number}")

    await asyncio.gather(*(work(number) for number in range(4)))


@pytest.mark.parametrize("key", ["", "/a", "a/", "a//b", "../a", "a/../b", "a b", "ä"])
async def test_a_key_that_is_none_is_refused(files: FileStore, key: str) -> None:
    with pytest.raises(ValueError, match="not a key"):
        await files.put(key, blocks(b"x"))


@pytest.mark.stack
async def test_a_bucket_is_made_when_missing(stack: Stack) -> None:
    server = urlsplit(stack.minio)
    client = Minio(endpoint=server.netloc.rpartition("@")[2], access_key=server.username, secret_key=server.password, secure=False)
    bucket = f"rowmill-test-{secrets.token_hex(6)}"
    url = f"s3://{server.username}:{server.password}@{bucket}?endpoint=http://{server.hostname}:{server.port}"
    try:
        with pytest.raises(NotFound):
            await open_files(url).read("a", 0, 1)
        await asyncio.gather(*(open_files(url).put(f"a{number}", blocks(b"x")) for number in range(3)))
        assert await keys(open_files(url), "") == ["a0", "a1", "a2"]
    finally:
        for found in client.list_objects(bucket_name=bucket, recursive=True):
            client.remove_object(bucket_name=bucket, object_name=found.object_name or "")
        client.remove_bucket(bucket_name=bucket)


async def test_an_s3_that_is_away_is_unavailable() -> None:
    files = open_files("s3://user:password@bucket?endpoint=http://127.0.0.1:1")
    for attempt in (
        files.read("a", 0, 1),
        files.put("a", blocks(b"x")),
        files.delete("a"),
        files.check(),
        read_all(files, "a"),
        keys(files, ""),
    ):
        with pytest.raises(Unavailable):
            await attempt


@pytest.mark.stack
async def test_wrong_credentials_are_told(stack: Stack) -> None:
    server = urlsplit(stack.minio)
    files = open_files(f"s3://{server.username}:wrong@{BUCKET}?endpoint=http://{server.hostname}:{server.port}")
    with pytest.raises(Unavailable, match=r"(?i)signature|forbidden|denied"):
        await files.check()


@pytest.mark.parametrize("url", ["", "relative/folder", "s3://", "http://host/bucket", "s3://u:p@b?endpont=http://x"])
def test_a_url_that_names_no_store_is_refused(url: str) -> None:
    with pytest.raises(BadRequest):
        open_files(url)
