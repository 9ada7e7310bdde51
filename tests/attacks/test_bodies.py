"""Bodies made to keep a place, or to cost more than they weigh: forms of fields alone, archives of nothing, a byte now and then."""

import asyncio
import gzip
import io
import time
import zipfile
from collections.abc import AsyncIterator

import pytest

from backbone.errors import BadRequest, Rejected, TooLarge
from services.upload.receive.multipart_body import FIELDS_BYTES_MAX, FIELDS_MAX, file_part
from services.upload.receive.pace import Pace, paced
from services.upload.scan.formats.registry import sniff_format
from services.upload.scan.formats.unpacker import EXPANSION_FREE_BYTES, Unpacker

CPU_S_MAX = 2.0


def field(name: str, value: str) -> bytes:
    return f'--X\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


async def read_form(*parts: bytes) -> int:
    """How many parts were read before the form was refused."""
    taken = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal taken
        for part in parts:
            taken += 1
            yield part

    with pytest.raises(BadRequest) as refused:
        async for _ in file_part(body(), "X", lambda name, value: None, lambda name, kind: None):
            pass
    assert refused.value.code in ("too-many-fields", "fields-too-long"), refused.value
    return taken


async def test_a_form_of_fields_alone_is_cut_early() -> None:
    assert await read_form(*(field(f"n{number}", "x") for number in range(10 * FIELDS_MAX))) == FIELDS_MAX + 1
    assert await read_form(*(field(f"n{number}", "x" * 60_000) for number in range(99))) <= FIELDS_BYTES_MAX // 60_000 + 1


async def test_a_form_with_the_fields_of_an_upload_is_read() -> None:
    file = b'--X\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\na,b\n1,2\n\r\n--X--\r\n'
    fields: dict[str, str] = {}

    async def body() -> AsyncIterator[bytes]:
        yield b"".join(field(f"n{number}", "x" * 9_000) for number in range(FIELDS_MAX - 1)) + file

    content = b"".join([block async for block in file_part(body(), "X", fields.__setitem__, lambda name, kind: None)])
    assert (content, len(fields)) == (b"a,b\n1,2\n", FIELDS_MAX - 1)


async def blocks(size_bytes: int, every_s: float) -> AsyncIterator[bytes]:
    while True:
        yield b"x" * size_bytes
        await asyncio.sleep(every_s)


async def test_a_client_of_a_byte_now_and_then_is_given_up() -> None:
    begun = time.monotonic()
    with pytest.raises(Rejected, match="fewer than 1000 bytes a second"):
        async for _ in paced(blocks(1, 0.02), Pace(silence_s=0.3, bytes_per_s_min=1000)):
            pass
    assert 0.25 <= time.monotonic() - begun < 3


async def test_a_silent_client_is_given_up_and_a_steady_one_is_not() -> None:
    with pytest.raises(Rejected, match="No byte came for"):
        async for _ in paced(blocks(100_000, 60), Pace(silence_s=0.2, bytes_per_s_min=1000)):
            pass
    begun, seen = time.monotonic(), 0
    async for block in paced(blocks(100, 0.02), Pace(silence_s=0.1, bytes_per_s_min=1000)):
        seen += len(block)
        if time.monotonic() - begun > 0.5:
            break
    assert seen > 500


async def test_our_own_slowness_is_not_the_clients() -> None:
    seen = 0
    async for _ in paced(blocks(100, 0), Pace(silence_s=0.05, bytes_per_s_min=100_000)):
        seen += 1
        await asyncio.sleep(0.06)  # a slow disk
        if seen == 5:
            break
    assert seen == 5


def unpack(data: bytes, bytes_max: int = 1 << 40) -> int:
    packed = sniff_format(data)
    assert packed is not None
    unpacker = Unpacker(packed, bytes_max)
    size = sum(len(piece) for start in range(0, len(data), 1 << 20) for piece in unpacker.feed(data[start : start + (1 << 20)]))
    unpacker.finish()
    return size


def zip_of(*names: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, "a,b\n1,2\n")
    return target.getvalue()


@pytest.mark.parametrize(
    "data",
    [gzip.compress(b"") * 200_000, zip_of(*(f"__MACOSX/{number}" for number in range(20_000)), "a.csv")],
    ids=["gzip members", "zip entries"],
)
def test_an_archive_of_nothing_costs_next_to_nothing(data: bytes) -> None:
    begun = time.process_time()
    with pytest.raises(Rejected) as refused:
        unpack(data)
    assert refused.value.code == "archive-too-many-members"
    assert time.process_time() - begun < CPU_S_MAX


def test_a_file_packed_in_blocks_is_unpacked() -> None:
    block = b"".join(b"%d,%d\n" % (number, number**3) for number in range(3_000))
    assert unpack(gzip.compress(block) * 3_000) == 3_000 * len(block)


def test_what_is_unpacked_is_bounded_by_the_limit_of_files() -> None:
    with pytest.raises(TooLarge, match="ROWMILL_FILE_BYTES_MAX"):
        unpack(gzip.compress(b"a,b\n" * 1_000_000), bytes_max=1_000_000)
    with pytest.raises(TooLarge, match="200 times"):
        unpack(gzip.compress(bytes(EXPANSION_FREE_BYTES + (2 << 20))))
