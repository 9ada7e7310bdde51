"""The pure parts of an answer: byte ranges, ETags, links, fields, and the types of Parquet and Arrow."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest

from backbone.errors import BadRequest, Busy
from backbone.model import Column, ColumnType, Table, View
from backbone.rows.export import DecimalSize
from backbone.runtime.concurrency_limit import ConcurrencyLimit
from services.query.api.etags import is_known, tag_of_view
from services.query.api.links import page_links
from services.query.export.arrow_schema import FrameColumn, frame_columns
from services.query.export.byte_ranges import ByteRange, cut, read_range
from services.query.search.fields import parse_fields, project


def column(name: str, type: ColumnType = "text") -> Column:
    return Column(name=name, title=name, type=type)


COLUMNS = (column("name"), column("price", "decimal"))


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-9", ByteRange(0, 9)),
        ("bytes=5-", ByteRange(5, 99)),
        ("bytes=-7", ByteRange(93, 99)),
        ("bytes=-700", ByteRange(0, 99)),
        ("bytes=90-1000", ByteRange(90, 99)),
        ("Bytes = 3 - 3", ByteRange(3, 3)),
        ("bytes=9-3", None),
        ("bytes=0-1,5-6", None),
        ("rows=0-1", None),
        ("bytes=-", None),
        (None, None),
    ],
)
def test_ranges(header: str | None, expected: ByteRange | None) -> None:
    assert read_range(header, 100) == expected


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_a_range_behind_the_end_has_no_bytes(header: str) -> None:
    found = read_range(header, 100)
    assert found is not None
    assert found.length <= 0


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_a_cut_is_the_same_however_the_bytes_come(size: int) -> None:
    whole = bytes(range(100))

    async def blocks() -> AsyncIterator[bytes]:
        for start in range(0, len(whole), size):
            yield whole[start : start + size]

    async def part(wanted: ByteRange) -> bytes:
        return b"".join([block async for block in cut(blocks(), wanted)])

    for wanted in (ByteRange(0, 99), ByteRange(0, 0), ByteRange(10, 42), ByteRange(99, 99)):
        assert asyncio.run(part(wanted)) == whole[wanted.first : wanted.last + 1]


def test_tags_differ_with_everything_that_an_answer_depends_on() -> None:
    view = View(dataset="d", table=Table(id=1, columns=COLUMNS), version=1)
    wider = Table(id=1, columns=(*COLUMNS, column("more")))
    views = [
        view,
        msgspec.structs.replace(view, version=2),
        msgspec.structs.replace(view, dataset="e"),
        msgspec.structs.replace(view, table=wider),
        msgspec.structs.replace(view, table=Table(id=2, columns=COLUMNS)),
    ]
    tags = [tag_of_view(each, ["q"]) for each in views] + [tag_of_view(view, ["other"]), tag_of_view(view, [("q", "")])]
    assert len(set(tags)) == len(tags)
    assert tag_of_view(view, ["q"]) == tags[0]


def test_a_tag_is_known_in_any_of_its_forms() -> None:
    assert all(is_known(header, 'W/"a"') for header in ('"a"', 'W/"a"', '"b", W/"a"', "*"))
    assert not any(is_known(header, 'W/"a"') for header in (None, "", '"b"', "a"))


def test_links_keep_the_search_and_change_the_cursor() -> None:
    asked = [("q", "a & b"), ("filter", "x:eq:1"), ("filter", "y:eq:ü"), ("cursor", "old")]
    links = page_links("/api/datasets/d/rows", asked, next_cursor="new", previous_cursor=None)
    assert links is not None
    target, relation = links.split("; ")
    assert relation == 'rel="next"'
    url = urlsplit(target.strip("<>"))
    assert (url.path, parse_qsl(url.query)) == ("/api/datasets/d/rows", [*asked[:-1], ("cursor", "new")])
    assert page_links("/", asked, next_cursor=None) is None


def test_fields_come_in_the_order_asked_for_with_every_digit() -> None:
    assert [each.name for each in parse_fields("price, name", COLUMNS)] == ["price", "name"]
    assert parse_fields("", COLUMNS) == COLUMNS
    for wrong in ("prize", "name,name"):
        with pytest.raises(BadRequest):
            parse_fields(wrong, COLUMNS)
    values = msgspec.Raw(b'{"name":"x","price":1.100000000000000000001}')
    assert bytes(project(values, (COLUMNS[1],))) == b'{"price":1.100000000000000000001}'


def test_decimals_have_room_for_the_longest_or_are_text() -> None:
    found = frame_columns(
        (*COLUMNS, column("long", "decimal"), column("none", "decimal")), {"price": DecimalSize(20, 18), "long": DecimalSize(20, 19)}
    )
    assert found == (
        FrameColumn("name", "text", title="name"),
        FrameColumn("price", "decimal", 18, title="price"),
        FrameColumn("long", "text", title="long"),
        FrameColumn("none", "decimal", title="none"),
    )


def test_a_full_room_says_so_and_a_reader_who_leaves_makes_room() -> None:
    async def blocks() -> AsyncIterator[bytes]:
        yield b"a"
        yield b"b"

    async def story() -> None:
        room = ConcurrencyLimit(1, "too-many-exports", "full")
        first = room.hold(blocks())
        assert await anext(first) == b"a"
        with pytest.raises(Busy):
            await anext(room.hold(blocks()))
        await first.aclose()  # type: ignore[attr-defined]
        assert [block async for block in room.hold(blocks())] == [b"a", b"b"]
        assert room.taken == 0

    asyncio.run(story())
