"""Each page, in both themes, has nothing that axe objects to; and the grid can be used without a mouse."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.flows.enriching import make_enrichment, run_enrichment
from tests.flows.pods import Rowmill
from tests.flows.served import Reply, Served, served
from tests.web.browser import Theme, Visit, visit
from tests.web.test_a_file_through_the_page import MESSY, add_file

AXE: Final = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
SHOP: Final = b"sku,name,price,sold,made\n" + b"".join(
    b"%d,%s %d,%d.50,%s,2026-01-%02d\n" % (n, (b"lamp", b"table")[n % 2], n, n, (b"true", b"false")[n % 3 == 0], n % 28 + 1)
    for n in range(300)
)


@pytest.fixture(scope="module")
def web() -> Iterator[Served]:
    with served() as server:
        server.replies["/names"] = Reply(
            b'[{"name": "chair", "label": "Seat"}, {"name": "sofa", "label": "one"}, {"name": "sofa", "label": "other"}]'
        )
        yield server


@pytest.fixture(scope="module")
def shop(web_rowmill: Rowmill, web: Served) -> dict[str, Any]:
    """Two versions, a row that has a history, rejects and findings; the newest upload."""
    web_rowmill.load(SHOP, dataset="shop", file_name="shop.csv")
    web_rowmill.load(SHOP, dataset="held-shop", mode="upsert", key="sku", file_name="shop.csv")
    held = web_rowmill.upload(b"sku,name\n1,chair\n", dataset="held-shop", mode="upsert", key="sku", hold="true", file_name="held.csv")
    assert web_rowmill.wait(held)["state"] == "HELD"
    hook = {"url": "https://shop.example/hook", "datasets": ["nobody-*", "shop"], "events": ["upload.failed", "source.failed"]}
    nightly = {"name": "nightly", "kind": "url", "dataset": "shop", "settings": {"url": "https://shop.example/prices.csv"}}
    pins = [{"title": "By price", "chart": "histogram", "by": "price"}, {"title": "By day", "chart": "line", "by": "made"}]
    with web_rowmill.uploads as http:
        assert http.post("/api/webhooks", json=hook).status_code == 201
        assert http.post("/api/sources", json={**nightly, "schedule": "30 3 * * *", "time_zone": "Europe/Berlin"}).status_code == 201
        assert http.post("/api/sources/nightly/pause").status_code == 200
    web_rowmill.load(b"sku,name\n1,chair\n2,sofa\n3,bench\n4,\n", dataset="named")
    make_enrichment(web_rowmill, "named", "list", "name", {"label": "Label"}, {"url": f"{web.url}/names", "key": "name"}, on_upload=True)
    assert run_enrichment(web_rowmill, "named")["state"] == "DONE"
    with web_rowmill.readers as http:
        assert http.patch("/api/datasets/shop", json={"pins": pins}).status_code == 200
    changed = b"sku,name,price,sold,made\n1,chair,9.50,true,2026-02-01\n2,bench,cheap,true,2026-02-01\n3,stool,1.25,true,2026-02-01,more\n"
    return web_rowmill.load(changed, dataset="shop", file_name="changes.csv", mode="upsert", key="sku", ragged="reject", max_rejects="100%")


@pytest.fixture(params=["light", "dark"])
def themed(request: pytest.FixtureRequest, browser: Browser, web_rowmill: Rowmill, shop: dict[str, Any]) -> Iterator[Visit]:
    theme: Theme = request.param
    with visit(browser, web_rowmill.pods["all"].url, theme=theme) as visited:
        yield visited


def violations(page: Page) -> str:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())  # as a tool of the browser's, so the page's policy has no say in it
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return "\n".join(f"{one['id']}: {node['html'][:200]} {node['failureSummary']}" for one in found for node in one["nodes"][:3])


def _row(page: Page) -> None:
    page.get_by_role("gridcell", name="chair").click()
    expect(page.get_by_role("dialog")).to_contain_text("Its history")


def _column_menu(page: Page) -> None:
    page.get_by_role("button", name="Column name").click()
    expect(page.get_by_role("menuitem", name="Hide")).to_be_visible()


def _search(page: Page) -> None:
    expect(page.get_by_role("heading", name="Datasets")).to_be_visible()
    page.keyboard.press("/")
    page.get_by_role("combobox", name="Search everything").fill("lamp")
    expect(page.get_by_role("option").first).to_contain_text("shop")


def _draft(page: Page) -> None:
    add_file(page, "messy.csv", MESSY)
    expect(page.get_by_role("article")).to_have_attribute("data-phase", "ready")


def _grid(page: Page) -> None:
    expect(page.get_by_role("grid")).to_contain_text("lamp 2")


def _changes(page: Page) -> None:
    page.get_by_role("button", name="What it changed").first.click()
    expect(page.get_by_role("cell", name="chair").first).to_be_visible()


def _held(page: Page) -> None:
    page.get_by_role("button", name="What it changes").click()
    expect(page.get_by_role("cell", name="chair").first).to_be_visible()


def _column(page: Page) -> None:
    expect(page.get_by_role("dialog", name="Column price")).to_contain_text("Read it as")


def _paste(page: Page) -> None:
    page.get_by_role("button", name="Paste rows").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _editing(page: Page) -> None:
    page.get_by_role("button", name="Edit", exact=True).click()
    page.locator("#cell-0-1").click()
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="name of row 1")).to_be_visible()


def _new_row(page: Page) -> None:
    page.get_by_role("button", name="Edit", exact=True).click()
    page.get_by_role("button", name="Add a row").click()
    expect(page.get_by_role("dialog").get_by_role("textbox", name="price")).to_be_visible()


def _settings(page: Page) -> None:
    page.get_by_role("button", name="Actions for shop").click()
    page.get_by_role("menuitem", name="Settings").click()
    expect(page.get_by_role("dialog")).to_contain_text("Versions that are kept")


def _opened(button: str, text: str) -> Callable[[Page], None]:
    def arrive(page: Page) -> None:
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("dialog")).to_contain_text(text)

    return arrive


def _seen(text: str) -> Callable[[Page], None]:
    return lambda page: expect(page.get_by_text(text).first).to_be_visible()


PAGES: Final[dict[str, tuple[str, Callable[[Page], None]]]] = {
    "files": ("/", _seen("changes.csv")),
    "a draft": ("/", _draft),
    "an upload": ("/uploads/{upload}", _seen("could not be loaded")),
    "datasets": ("/datasets", _seen("shop")),
    "search": ("/datasets", _search),
    "rows": ("/datasets/shop", _grid),
    "a row": ("/datasets/shop?filter=%5B%22name:eq:chair%22%5D", _row),
    "a column's menu": ("/datasets/shop", _column_menu),
    "found rows": ("/datasets/shop?q=lamp&filter=%5B%22sold:eq:true%22%5D", _seen("match")),
    "columns": ("/datasets/shop?tab=columns", _seen("different values")),
    "versions": ("/datasets/shop?tab=versions", _seen("what readers see")),
    "a column": ("/datasets/shop?tab=columns&column=price", _column),
    "a version that waits": ("/datasets/held-shop", _held),
    "pasted rows": ("/", _paste),
    "a version's changes": ("/datasets/shop?tab=versions", _changes),
    "workers": ("/workers", _seen("What waits")),
    "groups": ("/datasets/shop?tab=groups", _seen("Rows by")),
    "rows being edited": ("/datasets/shop", _editing),
    "a new row": ("/datasets/shop", _new_row),
    "versions compared": ("/datasets/shop?tab=versions&since=1", _seen("chair")),
    "settings": ("/datasets/shop", _settings),
    "sources": ("/sources", _seen("each day at 03:30")),
    "a source": ("/sources", _opened("Add a source", "In the zone")),
    "runs": ("/sources?source=nightly", _seen("has not run yet")),
    "enrichments": ("/enrichments", _seen("after each upload, for new rows")),
    "an enrichment": ("/enrichments?dataset=named&column=name", _seen("What becomes of the answers")),
    "an enrichment's runs": ("/enrichments?runs=named", _seen("has it several times")),
    "an enrichment tried": ("/enrichments?preview=named", _seen("Of the first 4 rows")),
    "webhooks": ("/webhooks", _seen("Told of nobody-* and shop")),
    "a webhook": ("/webhooks", _opened("Add a webhook", "It is told when")),
    "nothing": ("/nowhere", _seen("no such page")),
}


@pytest.mark.parametrize("name", PAGES)
def test_axe_has_nothing_to_say(name: str, themed: Visit, shop: dict[str, Any]) -> None:
    route, arrive = PAGES[name]
    page = themed.open(route.format(upload=shop["id"]))
    arrive(page)
    assert violations(page) == ""
