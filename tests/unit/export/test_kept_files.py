"""Exports that are kept as files while they are read in parts."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from services.query.export.byte_ranges import ByteRange
from services.query.export.kept_files import KeptFiles, read_part, size_of


class Source:
    """Counts how often it is made, and whether it was left in the middle."""

    def __init__(self, *blocks: bytes) -> None:
        self._blocks = blocks
        self.made = self.closed = 0

    async def __call__(self) -> AsyncIterator[bytes]:
        self.made += 1
        try:
            for block in self._blocks:
                await asyncio.sleep(0)
                yield block
        finally:
            self.closed += 1


async def test_it_is_made_once_for_all_who_ask() -> None:
    files, source = KeptFiles(100), Source(b"abc", b"def")
    opened = await asyncio.gather(*(files.open("tag", source) for _ in range(3)))
    assert source.made == 1
    for file in opened:
        assert file is not None and size_of(file) == 6
        assert b"".join([block async for block in read_part(file, ByteRange(2, 4))]) == b"cde"
        assert file.closed


async def test_the_one_read_longest_ago_makes_room() -> None:
    files = KeptFiles(10)
    sources = {tag: Source(b"12345") for tag in "abc"}
    for tag in ("a", "b", "a", "c", "a", "b"):
        file = await files.open(tag, sources[tag])
        assert file is not None
        assert file.read() == b"12345"
        file.close()
    assert [source.made for source in sources.values()] == [1, 2, 1]


async def test_what_has_no_room_is_not_made_again() -> None:
    files, source = KeptFiles(5), Source(b"1234", b"5678", b"9")
    assert [await files.open("tag", source) for _ in range(3)] == [None] * 3
    assert (source.made, source.closed) == (1, 1)
    assert await KeptFiles(0).open("tag", source) is None


async def test_one_who_leaves_does_not_stop_it_for_the_others() -> None:
    files, source = KeptFiles(100), Source(*[b"x"] * 20)
    first, second = (asyncio.ensure_future(files.open("tag", source)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    file = await second
    assert file is not None and size_of(file) == 20
    assert source.made == 1


async def test_a_full_disk_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("services.query.export.kept_files.tempfile.mkstemp", full)
    assert await KeptFiles(100).open("tag", Source(b"abc")) is None
