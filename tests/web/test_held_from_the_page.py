"""An upsert that waits: sent to wait from the page, looked at beside the rows that readers see, published or discarded there."""

import re

from playwright.sync_api import Page, expect

from tests.flows.pods import Rowmill
from tests.web.browser import Visit
from tests.web.test_a_file_through_the_page import add_file

BEFORE = b"sku,name,price\n1,couch,9.50\n2,desk,80.00\n"
CHANGES = b"sku,name,price\n2,desk,75.00\n3,shelf,40.00\n"


def send_to_wait(page: Page, dataset: str, file_name: str) -> None:
    add_file(page, file_name, CHANGES)
    card = page.get_by_role("article", name=f"Preview of {file_name}")
    expect(card).to_have_attribute("data-phase", "ready")
    card.get_by_role("combobox", name="Dataset").or_(card.get_by_role("textbox", name="Dataset")).first.fill(dataset)
    page.keyboard.press("Escape")
    card.get_by_text("Update by key").click()
    card.get_by_role("combobox", name="Key").focus()
    page.keyboard.press("ArrowDown")
    page.get_by_role("option", name="sku").click()
    page.keyboard.press("Escape")
    card.get_by_role("checkbox", name="Let me look before readers see it").check()
    card.get_by_role("button", name=f"Load into {dataset}").click()
    expect(page.get_by_role("row").filter(has_text=file_name)).to_contain_text("Held: to be published")


def test_an_upsert_is_held_looked_at_and_published(visitor: Visit, web_rowmill: Rowmill) -> None:
    web_rowmill.load(BEFORE, dataset="held-on-the-page", mode="upsert", key="sku", file_name="before.csv")
    page = visitor.open()
    send_to_wait(page, "held-on-the-page", "to publish.csv")
    page.goto(f"{visitor.url}/#/datasets/held-on-the-page")
    banner = page.get_by_role("region", name="Version 2 waits")
    expect(banner).to_contain_text("1 row new, 1 changed")
    grid = page.get_by_role("grid", name="Rows")
    expect(grid).to_contain_text("80.00")
    expect(grid).not_to_contain_text("shelf")
    banner.get_by_role("button", name="What it changes").click()
    changed = banner.get_by_role("row").filter(has_text="changed")
    expect(changed.locator("del")).to_have_text("80.00")
    expect(changed.locator("ins")).to_have_text("75.00")
    banner.get_by_role("button", name="Look at its rows").click()
    expect(grid).to_contain_text("shelf")
    assert web_rowmill.rows("held-on-the-page")["version"] == 1
    banner.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("status").filter(has_text="is published")).to_be_visible()
    expect(banner).to_be_hidden()
    expect(page).not_to_have_url(re.compile("version="))
    expect(grid).to_contain_text("shelf")
    assert web_rowmill.rows("held-on-the-page")["version"] == 2


def test_what_waits_is_discarded(visitor: Visit, web_rowmill: Rowmill) -> None:
    web_rowmill.load(BEFORE, dataset="not-to-be", mode="upsert", key="sku", file_name="before.csv")
    held = web_rowmill.wait(
        web_rowmill.upload(CHANGES, dataset="not-to-be", mode="upsert", key="sku", hold="true", file_name="not to be.csv")
    )
    assert held["state"] == "HELD"
    page = visitor.open("/datasets/not-to-be?version=2")
    grid = page.get_by_role("grid", name="Rows")
    expect(grid).to_contain_text("shelf")
    banner = page.get_by_role("region", name="Version 2 waits")
    visitor.expected.append("/api/datasets/not-to-be/rows?version=2")  # a question that was under way when its version went
    banner.get_by_role("button", name="Discard").click()
    expect(banner).to_be_hidden()
    expect(grid).to_contain_text("80.00")
    expect(grid).not_to_contain_text("shelf")
    assert web_rowmill.rows("not-to-be")["version"] == 1
