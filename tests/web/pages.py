"""Every page, dialog and drawer, and how a test gets there, over the datasets of the fixture `shop`."""

from collections.abc import Callable
from typing import Final

from playwright.sync_api import Page, expect

from tests.web.shop import LONG_DATASET
from tests.web.test_a_file_through_the_page import MESSY, add_file


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
    "rows with a long title": (f"/datasets/{LONG_DATASET}", _seen("quarterly_price_list")),
    "columns with a long title": (f"/datasets/{LONG_DATASET}?tab=columns", _seen("quarterly_price_list")),
    "nothing": ("/nowhere", _seen("no such page")),
}
