"""What every read has: an ETag by version, links to its neighbours, the fields asked for, exact totals; and one search over all datasets."""

import asyncio
from typing import Any

import httpx

from tests.flows.pods import Rowmill
from tests.flows.reading import searched

SHOP = b"name,price,note\nRed cup,1.10,for tea\nBlue cup,2.20,for coffee\nPlate,3.30,\n"


def get(rowmill: Rowmill, path: str, headers: dict[str, str] | None = None, **parameters: Any) -> httpx.Response:
    with rowmill.readers as http:
        return http.get(path, params=parameters, headers=headers)


def test_what_did_not_change_is_not_sent_again(rowmill: Rowmill) -> None:
    rowmill.load(SHOP, dataset="00-tags")
    base = "/api/datasets/00-tags"
    reads: list[tuple[str, dict[str, Any]]] = [
        (f"{base}/rows", {"q": "cup"}),
        (f"{base}/groups", {"by": "name"}),
        (f"{base}/export", {"format": "csv"}),
        (f"{base}/export", {"format": "parquet"}),
        (base, {}),
        ("/api/search", {"q": "cup"}),
    ]
    tags = []
    for path, parameters in reads:
        first = get(rowmill, path, **parameters)
        tags.append(first.headers["etag"])
        again = get(rowmill, path, {"If-None-Match": f'"other", {tags[-1]}'}, **parameters)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tags[-1]), path
        assert get(rowmill, path, {"If-None-Match": '"other"'}, **parameters).status_code == 200
    assert get(rowmill, f"{base}/rows", q="plate").headers["etag"] not in tags
    rowmill.load(b"name,price,note\nRed jug,4.40,a cup too\n", dataset="00-tags", mode="append")
    for tag, (path, parameters) in zip(tags, reads, strict=True):
        assert get(rowmill, path, {"If-None-Match": tag}, **parameters).status_code == 200, path
    old = get(rowmill, f"{base}/rows", q="cup", version=1)
    assert get(rowmill, f"{base}/rows", {"If-None-Match": old.headers["etag"]}, q="cup", version=1).status_code == 304


def test_links_lead_through_all_pages_and_back(rowmill: Rowmill) -> None:
    rowmill.load(b"n,word\n" + b"".join(b"%d,w%d\n" % (number, number % 2) for number in range(25)), dataset="links")
    asked: dict[str, Any] = {"limit": 4, "filter": ["n:gte:1", "word:ne:w0 & x"], "sort": "-n"}
    with rowmill.readers as http:
        page = http.get("/api/datasets/links/rows", params=asked)
        seen, pages = [row["values"]["n"] for row in page.json()["rows"]], [page]
        while "next" in page.links:
            page = http.get(page.links["next"]["url"])
            pages.append(page)
            seen += [row["values"]["n"] for row in page.json()["rows"]]
        assert seen == list(range(24, 0, -1))
        back = http.get(page.links["prev"]["url"])
        assert [row["row"] for row in back.json()["rows"]] == [row["row"] for row in pages[-2].json()["rows"]]
        groups = http.get("/api/datasets/links/groups", params={"by": "n", "limit": 20})
        assert len(http.get(groups.links["next"]["url"]).json()["groups"]) == 5
        assert "link" not in http.get("/api/datasets/links/rows", params={"limit": 100}).headers


def test_only_the_fields_asked_for(rowmill: Rowmill) -> None:
    rowmill.load(SHOP, dataset="fields")
    page = get(rowmill, "/api/datasets/fields/rows", fields="price,name", q="cup", sort="note", highlight=True)
    assert b'"values":{"price":2.20,"name":"Blue cup"}' in page.content
    assert page.json()["rows"][0]["highlight"] == {"name": ["Blue <mark>cup</mark>"]}
    assert get(rowmill, "/api/datasets/fields/rows", fields="prize").json()["near"] == ["price"]


def test_totals_are_exact_on_request(rowmill: Rowmill) -> None:
    text = "n,word\n" + "".join(f"{number},cup\n" for number in range(12_000))
    rowmill.load(text.encode(), dataset="totals")
    for asked in ({}, {"q": "cup"}, {"sort": "-n"}, {"q": "cup", "sort": "n"}):
        bounded = rowmill.rows("totals", limit=5, **asked)
        assert bounded["total"] == {"value": 10_000, "relation": "gte"}
        exact = rowmill.rows("totals", limit=5, total="exact", **asked)
        assert exact["total"] == {"value": 12_000, "relation": "eq"}
        # A cursor goes on either way, whichever page began to count.
        assert rowmill.rows("totals", limit=5, total="exact", cursor=bounded["next_cursor"], **asked)["total"]["value"] == 12_000
        assert rowmill.rows("totals", limit=5, cursor=exact["next_cursor"], **asked)["total"]["relation"] == "gte"


def test_a_page_begins_at_any_place_of_the_file_order(rowmill: Rowmill) -> None:
    """Rows that were superseded have no place, those that a filter leaves out neither; from there cursors lead both ways."""
    lines = [f"{number},{('even', 'odd')[number % 2]}\n" for number in range(1_500)]
    rowmill.load("n,kind\n{}".format("".join(lines)).encode(), dataset="places")
    rowmill.load("n,kind\n7,changed\n{}".format("".join(lines[0:300:3])).encode(), dataset="places", mode="upsert", key="n")
    with rowmill.readers as http:
        whole, odd = ([row["n"] for row in searched(http, "places", limit=1000, **asked)[1]] for asked in ({}, {"filter": "kind:eq:odd"}))
    for expected, asked in ((whole, {}), (odd, {"filter": "kind:eq:odd"})):
        for offset in (0, 1, 300, len(expected) - 2, len(expected), 10**6):
            page = rowmill.rows("places", offset=offset, limit=5, total="exact", **asked)
            assert [str(row["values"]["n"]) for row in page["rows"]] == expected[offset : offset + 5]
            assert page["total"]["value"] == len(expected)
            assert (page["next_cursor"] is not None) == (offset + 5 < len(expected))
    page = rowmill.rows("places", offset=300, limit=5)
    behind = rowmill.rows("places", cursor=page["next_cursor"], limit=5)
    before = rowmill.rows("places", cursor=page["previous_cursor"], limit=5)
    assert [str(row["values"]["n"]) for shown in (before, page, behind) for row in shown["rows"]] == whole[295:310]
    for ordered in ({"q": "7"}, {"sort": "n"}, {"cursor": page["next_cursor"]}):
        assert get(rowmill, "/api/datasets/places/rows", offset=1, **ordered).json()["type"].endswith("bad-offset")
    assert get(rowmill, "/api/datasets/places/rows", offset=-1).status_code == 400


def test_one_search_over_all_datasets(rowmill: Rowmill) -> None:
    for number, words in enumerate(("a zanzibar", "elsewhere", "zanzibar", "zanzibar"), 1):
        rowmill.load(f"place,n\n{words},1\n{words} & more,2\n".encode(), dataset=f"every-{number}", mode="replace")
    rowmill.load(b"place\nnowhere\n", dataset="many-1", mode="replace")
    with rowmill.readers as http:
        body = http.get("/api/search", params={"q": "zanzibar", "limit": 1}).json()
        assert [each["dataset"] for each in body["datasets"]] == ["every-3", "every-4", "every-1"]  # a whole value before a word in it
        assert body["counts"] == {f"every-{number}": {"value": 2, "relation": "eq"} for number in (1, 3, 4)}
        assert (body["searched"] >= 5, body["next_cursor"]) == (True, None)
        for each in body["datasets"]:
            assert (each["total"], len(each["rows"])) == ({"value": 2, "relation": "eq"}, 1)
            assert "<mark>zanzibar</mark>" in each["rows"][0]["highlight"]["place"][0]
            assert len(http.get(each["link"]).json()["rows"]) == 2
        for named, found in (("every-1,every-4", ["every-4", "every-1"]), ("every-*", ["every-3", "every-4", "every-1"]), ("many-*", [])):
            some = http.get("/api/search", params={"q": "zanzibar", "datasets": named}).json()
            assert [each["dataset"] for each in some["datasets"]] == found
        for bad in ("a*b", ",", "*a"):
            assert http.get("/api/search", params={"q": "zanzibar", "datasets": bad}).status_code == 400
        wrong = http.get("/api/search", params={"q": '"open'})
        assert (wrong.status_code, wrong.json()["type"]) == (400, "urn:rowmill:problem:query-syntax")
        assert http.get("/api/search", params={"q": " "}).status_code == 400
        assert http.get("/api/search").status_code == 400


def test_walking_by_cursor_meets_each_row_once_while_versions_are_published(rowmill: Rowmill) -> None:
    """The walk begins in version 1 and stays there, whatever is appended or put in its place meanwhile."""
    rows = 20_000
    rowmill.load(b"n,word\n" + b"".join(b"%d,w%d\n" % (number, number % 7) for number in range(rows)), dataset="walked")

    async def walk(http: httpx.AsyncClient, **asked: Any) -> list[int]:
        seen: list[int] = []
        cursor: dict[str, str] = {}
        while True:
            answer = await http.get("/api/datasets/walked/rows", params={"limit": 500, "fields": "n", **asked, **cursor})
            page = answer.json()
            assert page["version"] == 1, page
            seen += [row["values"]["n"] for row in page["rows"]]
            if page["next_cursor"] is None:
                return seen
            cursor = {"cursor": page["next_cursor"]}

    async def publish() -> None:
        for number, mode in enumerate(("append", "append", "replace", "append")):
            body = b"n,word\n" + b"".join(b"%d,w3\n" % (1_000_000 + number * 1_000 + place) for place in range(1_000))
            await asyncio.to_thread(rowmill.load, body, dataset="walked", mode=mode, shrink="allow")

    async def all_at_once() -> list[Any]:
        async with httpx.AsyncClient(base_url=str(rowmill.readers.base_url), timeout=60) as http:
            searches: list[dict[str, str]] = [{}, {"sort": "-word"}, {"filter": "word:eq:w3"}]
            # All begin before the first publish, and their versions are held by their cursors.
            return await asyncio.gather(*(walk(http, **asked) for asked in searches), publish())

    plain, by_word, some, _ = asyncio.run(all_at_once())
    assert plain == list(range(rows))
    assert sorted(by_word) == list(range(rows))
    assert some == [number for number in range(rows) if number % 7 == 3]
    assert rowmill.rows("walked", limit=1)["version"] == 5
