"""Every parser of what comes in over HTTP, and what is drawn for it: words of its own grammar, mixed with anything, and whole valid pieces
with some of their bytes changed. A parser reads it or refuses it (`Rejected`); anything else that it raises is a fault.
"""

import asyncio
import bz2
import gzip
import io
import zipfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import msgspec
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from backbone.errors import Rejected
from backbone.http.compressed import liked_coding
from backbone.http.door import Door, host_name, is_loopback, origin_host
from backbone.http.idempotency_key import read_key
from backbone.http.json_bodies import check_json
from backbone.model import Column, ColumnType, Table, View
from backbone.postgres.predicates_sql import Parameters, filter_sql
from backbone.postgres.words_sql import matches_sqls, score_sql
from backbone.query.ast import Grouping, Search, filters_of
from backbone.query.patterns import read_pattern
from backbone.query.plan import make_plan
from backbone.rows.groups_sql import groups_sql
from backbone.runtime.key_text import is_key
from backbone.runtime.request_record import choose_id
from backbone.runtime.signed_tokens import seal, unseal
from backbone.search.elasticsearch.exactness import NotIndexed, doubts
from backbone.search.elasticsearch.query_dsl import search_body
from backbone.search.postgres.pages_sql import PageQuery, is_by_relevance
from backbone.types.declared import read_types
from services.query.api.etags import is_known
from services.query.export.byte_ranges import read_range
from services.query.groups.groupings import check_names, parse_aggregates, parse_by, parse_group_sort
from services.query.search.cursors import decode_cursor
from services.query.search.facets import parse_facets
from services.query.search.fields import parse_fields
from services.query.search.filters import parse_condition, parse_sort
from services.query.search.highlight import highlight
from services.query.search.query_language import parse_query
from services.upload.options import read_options
from services.upload.receive.body import read_query
from services.upload.receive.multipart_body import boundary_of, file_part
from services.upload.receive.stated import check_content_encoding, stated_options
from services.upload.resumable.protocol import check_version, read_checksum, read_metadata, read_offset, read_size
from services.upload.scan.formats.registry import sniff_format
from services.upload.scan.formats.unpacker import Unpacker

__all__ = ["PARSERS", "fuzz"]
DEADLINE: Final = timedelta(seconds=20)  # of one example: a parser that takes longer is a fault too, on the slowest machine
UNPACKED_BYTES_MAX: Final = 4 << 20
KEY: Final = b"k" * 32
KINDS: Final[tuple[ColumnType, ...]] = ("text", "integer", "decimal", "boolean", "date", "timestamp")
COLUMNS: Final = tuple(Column(name=f"c_{kind}", title=f'C {kind}, "of" Ü', type=kind, format=None) for kind in KINDS)
TABLE: Final = Table(id=1, columns=COLUMNS, language="english")
VIEW: Final = View(dataset="d", table=TABLE, version=1)
NAMES: Final = [column.name for column in COLUMNS]

Parser = tuple[st.SearchStrategy[Any], Callable[[Any], object]]


def words(*grammar: str) -> st.SearchStrategy[str]:
    """Texts of the grammar's words and of anything."""
    anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
    ours = st.sampled_from(
        [*grammar, *NAMES, " ", ",", ":", "(", ")", '"', "-", "*", "\\", "'", "\0", "٣", "é", "日本", "1", "0", "9" * 5_000]
    )
    return st.lists(st.one_of(ours, ours, anything), max_size=25).map("".join)


def spoiled(*whole: bytes) -> st.SearchStrategy[bytes]:
    """Valid pieces, cut, doubled, and with some bytes changed."""
    change = st.tuples(st.integers(0, 1 << 16), st.binary(max_size=4), st.integers(0, 8))

    def apply(piece: bytes, changes: Sequence[tuple[int, bytes, int]]) -> bytes:
        data = bytearray(piece)
        for place, new, gone in changes:
            at = place % (len(data) + 1)
            data[at : at + gone] = new
        return bytes(data)

    return st.builds(apply, st.sampled_from(whole), st.lists(change, max_size=6))


def read_search(text: str) -> None:
    node = parse_query(text, bytes_max=4096, clauses_max=50, columns=COLUMNS, language="english")
    if node is None:
        return
    plan = make_plan(node, TABLE)
    parameters = Parameters(1)
    matches_sqls(TABLE, plan, parameters, True)
    score_sql(TABLE, plan, parameters)
    search = Search(text=node)
    search_body(VIEW, search)
    query = PageQuery(VIEW, search, indexed=True)
    query.ranked_sql((3, 4)) if is_by_relevance(search) else query.in_order_sql(None)
    values = dict.fromkeys(NAMES, text)
    assert all(isinstance(part, str) for parts in highlight(values, node, COLUMNS).values() for part in parts)


def read_filter(text: str) -> None:
    condition = parse_condition(text, COLUMNS)
    filter_sql(TABLE, condition, Parameters(1))
    assert all(filter.column in COLUMNS for filter in filters_of(condition))
    search = Search(filters=(condition,))
    try:
        doubts(TABLE, search)
        search_body(VIEW, search)
    except NotIndexed:
        return


def read_sort(text: str) -> None:
    sort = parse_sort(text, COLUMNS)
    PageQuery(VIEW, Search(sort=sort), indexed=False).in_order_sql((*("x" for _ in sort), 1), backward=True)


def read_groups(parts: tuple[str, str, str]) -> None:
    by, aggregates = parse_by(parts[0], COLUMNS), parse_aggregates(parts[1], COLUMNS)
    check_names(by, aggregates)
    groups_sql(VIEW, Grouping(by=by, aggregates=aggregates, sort=parse_group_sort(parts[2], by, aggregates)), Parameters(1))


def read_cursor(token: str) -> None:
    for read in (lambda: decode_cursor(KEY, token, dataset="d", search="s"), lambda: unseal(KEY, ["uploads", None], token)):
        try:
            read()
        except Rejected:
            continue
        assert token in CURSORS, f"{token} was taken for a cursor"


CURSORS: Final = (seal(KEY, ("rows",), ["d", "s", 1, (3, 4, 5), False, ""]), seal(KEY, ["uploads", None], ["x", 1]))


def read_form(sent: tuple[str, bytes, int]) -> None:
    content_type, body, size = sent
    boundary = boundary_of(content_type)
    stated_options(content_type)
    if boundary is None:
        return

    async def blocks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), size):
            yield body[start : start + size]

    async def read() -> None:
        fields: dict[str, str] = {}
        async for _ in file_part(blocks(), boundary, fields.__setitem__, lambda name, kind: None):
            pass

    asyncio.run(read())


FORM: Final = (
    b'--XX\r\nContent-Disposition: form-data; name="mode"\r\n\r\nappend\r\n'
    b'--XX\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\nContent-Type: text/csv; charset=utf-8\r\n\r\na,b\n1,2\n\r\n--XX--\r\n'
)


def unpack(data: bytes) -> None:
    packed = sniff_format(data)
    if packed is None:
        return
    unpacker = Unpacker(packed, UNPACKED_BYTES_MAX)
    for start in range(0, len(data), 61):
        for _ in unpacker.feed(data[start : start + 61]):
            pass
    unpacker.finish()


def archives() -> list[bytes]:
    rows = b"a,b\n" + b"".join(b"%d,%d\n" % (number, number**2) for number in range(40))
    made = [gzip.compress(rows), gzip.compress(rows) + gzip.compress(rows), bz2.compress(rows)]
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", method) as archive:
            archive.writestr("folder/a.csv", rows)
            archive.writestr("__MACOSX/._a.csv", b"x")
        made.append(target.getvalue())
    return [*made, bytes.fromhex("28b52ffd") + rows]


class Body(msgspec.Struct):
    """Stands for those of the routes, whose types the framework reads them into."""

    title: str | None = None
    types: dict[str, str] | None = None
    weights: dict[str, int] | None = None


def read_json(body: bytes) -> None:
    check_json(body)
    try:
        msgspec.json.decode(body, type=Body)
    except msgspec.ValidationError:
        return


def read_tus(headers: Mapping[str, str]) -> None:
    reads: list[Callable[[], object]] = [
        lambda: check_version(headers),
        lambda: read_size(headers, 1 << 40),
        lambda: read_offset(headers),
        lambda: read_checksum(headers),
        lambda: read_options(read_metadata(headers.get("upload-metadata", ""))),
    ]
    each_or_refused(reads)


def read_headers(value: str) -> None:
    raw = value.encode("latin-1", "ignore")
    door = Door(frozenset({"localhost"}), frozenset())
    each_or_refused(
        [
            lambda: door.check("POST", [(b"host", b"localhost"), (b"origin", raw), (b"sec-fetch-site", raw)]),
            lambda: door.check("GET", [(b"host", raw)]),
            lambda: host_name(value),
            lambda: origin_host(value),
            lambda: is_loopback(value),
            lambda: liked_coding([(b"accept-encoding", raw)]),
            lambda: read_range(value, 1000),
            lambda: is_known(value, '"tag"'),
            lambda: check_content_encoding(value),
            lambda: read_key({"idempotency-key": value}),
            lambda: is_key(value),
            lambda: choose_id([value]),
        ]
    )


def read_upload_options(query: str) -> None:
    read_options(read_query(query))


def each_or_refused(reads: Sequence[Callable[[], object]]) -> None:
    for read in reads:
        try:
            read()
        except Rejected:
            continue


def _option_words() -> list[str]:
    names = [field.name for field in msgspec.structs.fields(type(read_options({})))]
    values = [
        "true",
        "false",
        "append",
        "upsert",
        "replace",
        "tab",
        "none",
        "match",
        "any",
        "1",
        "-1",
        "1e9",
        "%00",
        "%ff",
        "+",
        "utf-8",
        "fill",
    ]
    return [f"{name}=" for name in names] + values + ["&", "&&", "=", ";"]


_HEADER: Final = words(
    "bytes=", "W/", "gzip", "q=0", "http://", "://", "[", "]", "::1", "127.0.0.1", "localhost", "null", "rwm_", "/", ";", "="
)
_TUS: Final = words("1.0.0", "sha1 ", "md5 ", "crc32 ", "filename ", "dataset ", "YS5jc3Y=", "====", ",", "1" * 20, "-1", "+1")
PARSERS: Final[Mapping[str, Parser]] = {
    "query language": (words("AND", " OR ", "NOT ", "(", ")", '"', "-", "*", "c_text:", '"a b"', "a.b", "wi-fi"), read_search),
    "filters": (
        words(
            ":eq:",
            ":in:",
            ":ne:",
            ":gte:",
            ":exists:true",
            ":prefix:",
            ":contains:",
            ":like:",
            ":ilike:%",
            ":regex:",
            "any(",
            "all(",
            "not(",
            "2026-01-02",
            "T03:04:05Z",
            "true",
            "-0.50",
            "%",
            "_",
            "[a-z]",
            "(?i)",
            "{1,9}",
            "|",
        ),
        read_filter,
    ),
    "patterns": (
        words("[", "]", "^", "$", ".", "+", "?", "{2,}", "{,3}", "(?:", "(?P<x>", "\\d", "\\b", "\\1", "|", "[^", "[:alpha:]"),
        read_pattern,
    ),
    "sorts": (words("-", ":binary", ",", '"C text'), read_sort),
    "facets": (words(":top:", ":ranges", ":ranges:", "0,10", "-1", "2026-01-01", "1e9"), lambda text: parse_facets([text], COLUMNS)),
    "fields": (words(), lambda text: parse_fields(text, COLUMNS)),
    "groups": (
        st.tuples(words(), words("count", "sum:", "avg:", "min:", "max:", ","), words("-", "count", "sum_c_decimal", ":binary")),
        read_groups,
    ),
    "cursors": (
        st.one_of(st.text(max_size=80), spoiled(*(token.encode() for token in CURSORS)).map(lambda token: token.decode("latin-1"))),
        read_cursor,
    ),
    "forms": (
        st.tuples(
            st.one_of(st.just("multipart/form-data; boundary=XX"), words("multipart/form-data", "; ", "boundary=", "XX", '"', "charset=")),
            spoiled(FORM, FORM[:-6], FORM + FORM),
            st.integers(1, 400),
        ),
        read_form,
    ),
    "archives": (spoiled(*archives()), unpack),
    "upload options": (words(*_option_words()), read_upload_options),
    "declared types": (
        words(":decimal", ":date", "(", ")", "%d/%m/%Y", "1.234,56", "yes/no", ":boolean", ":timestamp", "%", "auto"),
        read_types,
    ),
    "bodies of JSON": (
        st.one_of(
            spoiled(b'{"title": "x", "types": {"a": "date(%d)"}, "weights": {"a": 1}}', b'{"a":' * 40 + b"1" + b"}" * 40),
            st.binary(max_size=60),
        ),
        read_json,
    ),
    "headers of tus": (
        st.fixed_dictionaries(
            {}, optional=dict.fromkeys(("tus-resumable", "upload-length", "upload-offset", "upload-checksum", "upload-metadata"), _TUS)
        ),
        read_tus,
    ),
    "headers": (_HEADER, read_headers),
}


def fuzz(name: str, examples: int, start: int) -> None:
    """Draws so many for one parser. What it raises besides a refusal goes up, with the smallest example in its notes."""
    strategy, parse = PARSERS[name]

    @seed(start)
    @settings(
        max_examples=examples,
        deadline=DEADLINE,
        database=None,
        derandomize=False,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
        print_blob=False,
    )
    @given(strategy)
    def draw(drawn: Any) -> None:
        try:
            parse(drawn)
        except Rejected as refused:
            assert refused.detail and 400 <= refused.status < 500

    draw()
