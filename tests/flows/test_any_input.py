"""No input of a client gives a 5xx, and what is refused is told as a problem: by a list of what once failed, and by drawn requests."""

from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.flows.pods import Rowmill
from tests.thorough import examples

GOODS = b"n,d,dt,ts,t,b\n1,0.5,2024-01-01,2024-01-01T00:00:00Z,teapot (red),true\n,,,,,\n2,1.5,2024-01-02,2024-01-01T00:00:00Z,cup,false\n"
SMALL = b"x,a\n2024-01-01,1\n"
DEEP = 100_000


@pytest.fixture
def http(rowmill: Rowmill) -> Any:
    with rowmill.readers as readers:
        if readers.get("/api/datasets/any-input").status_code == 404:
            rowmill.load(GOODS, dataset="any-input")
        yield readers


FILTERS = [
    "n:eq:１",
    "n:in:٣,1",
    "d:lt:１",
    "dt:gte:2024-W01",
    "ts:gte:2024-01-01T00:00:00.1234567Z",
    "d:gt:" + "9" * 17_000,
    "n:lt:" + "9" * 30,
    "b:gt:1",
]
ANSWERED = [
    "t:contains:" + "x" * 500,
    "t:prefix:" + "y" * 3_000,
    "t:eq:" + "z" * 3_000,
    "n:eq:-0",
    "d:eq:-0.00",
    "t:contains:\\",
    "t:contains:%_",
    "t:prefix:*?",
]


def test_filters_are_answered_or_refused_on_every_route(http: httpx.Client) -> None:
    for status, filters in ((400, FILTERS), (200, ANSWERED)):
        for filter in filters:
            for path in ("rows", "export", "groups"):
                answer = http.get(f"/api/datasets/any-input/{path}", params={"filter": filter})
                assert answer.status_code == status, (filter[:50], path, answer.text[:300])
    for facet in ("n:ranges:１", "n:top:１", "d:ranges:" + "9" * 5_000):
        assert http.get("/api/datasets/any-input/rows", params={"facet": facet}).status_code == 400


def test_ranges_beyond_every_number(http: httpx.Client) -> None:
    for asked in (f"bytes=0-{'1' * 5_000}", f"bytes={'1' * 5_000}-", f"bytes=-{'1' * 5_000}", "bytes=5-1", "bytes=-0", "pages=1-2"):
        assert http.get("/api/datasets/any-input/export", headers={"Range": asked}).status_code in (200, 206, 416), asked[:20]


BODIES = {
    b"": "empty-body",
    b"{": "bad-json",
    b"\xff\xfe": "bad-json",
    b'{"title":"\\ud800"}': "bad-json",
    b"[" * DEEP: "bad-json",
    b'{"title":' + b"[" * DEEP: "bad-json",
    b'{"a":' * DEEP: "bad-json",
    b'{"title":"a\\u0000"}': "bad-character",
    b'{"titel":"a"}': "bad-request",
    b'{"title":null,"versions_kept":0}': "bad-request",
    b"null": "bad-request",
    b"[]": "bad-request",
}


def test_bodies_that_are_no_change(rowmill: Rowmill, http: httpx.Client) -> None:
    json = {"content-type": "application/json"}
    upload = rowmill.upload(SMALL, dataset="any-body")
    with rowmill.uploads as uploads:
        for body, code in BODIES.items():
            for client, path in ((http, "/api/datasets/any-input"), (uploads, f"/api/uploads/{upload['id']}")):
                answer = client.patch(path, content=body, headers=json)
                assert (answer.status_code, answer.json()["type"]) == (400, f"urn:rowmill:problem:{code}"), (body[:30], answer.text)
    rowmill.wait(upload)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("null", "a\0"),
        ("types", "a:text\0"),
        ("names", "a,\0"),
        ("encoding", "punycode"),
        ("encoding", "idna"),
        ("encoding", "unicode_escape"),
        ("encoding", "raw-unicode-escape"),
        ("encoding", "rot13"),
        ("types", "x:date(%Y-%m-%d%)"),
        ("types", "x:date(%Y-%m-%d%Q)"),
        ("types", "x:timestamp(%Y-%m-%d %H:%M:%S%.9f)"),
        ("a\0b", "1"),
    ],
)
def test_options_that_no_file_can_be_read_by(rowmill: Rowmill, name: str, value: str) -> None:
    with rowmill.uploads as uploads:
        asked: list[tuple[str, dict[str, Any]]] = [
            ("/api/uploads", {"data": {"dataset": "any-option", name: value}, "files": {"file": ("x.csv", SMALL)}}),
            ("/api/uploads", {"params": {"dataset": "any-option", name: value}, "content": SMALL}),
            ("/api/preview", {"params": {name: value}, "content": SMALL}),
        ]
        for path, sent in asked:
            answer = uploads.post(path, **sent)
            assert answer.status_code == 400, (path, answer.text)
            assert len(answer.json()["detail"]) > 20


def test_a_state_that_is_none(rowmill: Rowmill) -> None:
    with rowmill.uploads as uploads:
        assert uploads.get("/api/uploads", params={"state": "FOO"}).status_code == 400
        assert uploads.get("/api/uploads", params={"state": "FAILED"}).status_code == 200


def test_paths_that_lead_nowhere(rowmill: Rowmill, http: httpx.Client) -> None:
    big = "9" * 5_000
    paths = [
        "datasets/any-input%2Frows",
        "datasets/%2F",
        "datasets/%00",
        "datasets/%FF/rows",
        "datasets/any-input/rows/１",
        f"datasets/any-input/rows/{big}",
    ]
    paths += [
        "datasets/any-input/versions/１/changes",
        f"datasets/any-input/versions/{big}/changes",
        "datasets/any-input/rows/%2F",
        "/datasets",
    ]
    with rowmill.uploads as uploads:
        for path in [*paths, "uploads/%2F", "uploads/%00", f"uploads/{big}"]:
            for method in ("GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"):
                answer = (uploads if path.startswith("uploads") else http).request(method, f"/api/{path}")
                assert answer.status_code < 500, (method, path[:50], answer.text)


CHARACTERS = st.sampled_from("ab1９٣.:,;-+*?%_\"'()[]{}\\/|&=<>~^$#@! \t\n\r\0\ufeff\u200b\u0301é😀ΣßİŁ\ud7ff")
TEXTS = st.text(CHARACTERS, max_size=12) | st.sampled_from(
    ["9" * 400, "1e400", "-0", "null", "true", "NaN", "x" * 2_000, "2024-W01", "0001-01-01T00:00+14:00"]
)
COLUMNS = st.sampled_from(["n", "d", "dt", "ts", "t", "b", "N", "zz"])
OPERATORS = st.sampled_from(["eq", "ne", "lt", "lte", "gt", "gte", "in", "prefix", "exists", "contains", "ilike", "regex", "like", ""])
ONE = st.tuples(COLUMNS, OPERATORS, TEXTS).map(":".join)
FILTER = (
    ONE
    | TEXTS
    | st.tuples(ONE, st.sampled_from(["or", "and", "not", ""]), ONE).map("({0[0]}){0[1]}({0[2]})".format)
    | ONE.map("not({})".format)
)
FACET = st.tuples(COLUMNS, st.sampled_from(["top", "ranges", ""]), TEXTS).map(":".join) | COLUMNS | TEXTS
SORT = st.lists(st.tuples(st.sampled_from(["", "-"]), COLUMNS).map("".join), max_size=3).map(",".join) | TEXTS
VALUES = {
    "q": TEXTS,
    "filter": FILTER,
    "facet": FACET,
    "sort": SORT,
    "fields": SORT,
    "by": SORT,
    "agg": st.tuples(st.sampled_from(["count", "sum", "avg", "min", "max", "sum"]), COLUMNS).map(":".join) | TEXTS,
    "limit": st.sampled_from(["1", "2", "0", "-1", "1001", "x", "9" * 30]),
    "cursor": TEXTS,
    "version": st.sampled_from(["1", "0", "99", "x", "9" * 30]),
    "highlight": st.sampled_from(["true", "1", "x"]),
    "format": st.sampled_from(["csv", "ndjson", "arrow", "xml"]),
    "safe": st.sampled_from(["true", "x"]),
}
ROUTES = {
    "rows": ("q", "filter", "facet", "sort", "fields", "limit", "cursor", "version", "highlight"),
    "groups": ("q", "filter", "by", "agg", "sort", "limit", "cursor", "version"),
    "export": ("q", "filter", "sort", "fields", "version", "format", "safe"),
}


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, dict[str, str]]:
    """A route, and parameters of it: most of them nearly right."""
    route = draw(st.sampled_from(list(ROUTES)))
    names = draw(st.lists(st.sampled_from(ROUTES[route]), min_size=1, max_size=3, unique=True))
    return route, {name: draw(VALUES[name]) for name in names}


@settings(max_examples=examples(150), deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(asked=requests())
def test_drawn_requests_are_answered_or_refused(http: httpx.Client, asked: tuple[str, dict[str, str]]) -> None:
    route, parameters = asked
    answer = http.get(f"/api/datasets/any-input/{route}", params=parameters)
    assert answer.status_code in (200, 400, 404, 410), (route, parameters, answer.text)
    if answer.status_code != 200:
        assert answer.headers["content-type"].startswith("application/problem+json")
