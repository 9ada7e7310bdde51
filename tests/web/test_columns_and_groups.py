"""What columns hold and how they are read, and rows in groups: looked at, changed, and a click from the rows behind them."""

import pytest
from playwright.sync_api import Browser, expect

from tests.flows.pods import Rowmill, wait_for
from tests.web.browser import Visit, visit

TEAS = b"sku,kind,price\n" + b"".join(b"%03d,%s,%d.00\n" % (n, (b"green", b"black", b"black")[n % 3], n % 10) for n in range(60))


@pytest.mark.long
def test_a_column_is_looked_at_and_its_most_frequent_value_shows_its_rows(visitor: Visit, web_rowmill: Rowmill) -> None:
    web_rowmill.load(TEAS, dataset="teas-by-kind", file_name="teas.csv")
    page = visitor.open("/datasets/teas-by-kind")
    page.get_by_role("button", name="Column kind").click()
    page.get_by_role("menuitem", name="What it holds").click()
    drawer = page.get_by_role("dialog", name="Column kind")
    expect(drawer).to_contain_text("different values")
    expect(drawer).not_to_contain_text("alone")
    drawer.get_by_role("list", name="Most frequent values of kind").get_by_role("button", name="green").click()
    expect(page.get_by_text("20 rows match")).to_be_visible()
    expect(drawer).to_be_hidden()
    web_rowmill.load(b"sku,kind,price\n061,white,1.00\n", dataset="teas-by-kind", file_name="more.csv")
    page.goto(f"{visitor.url}/#/datasets/teas-by-kind?tab=columns")
    expect(page.get_by_text("Counted in the file of version 2 alone")).to_be_visible()


def test_a_column_is_read_otherwise_and_counts_more(visitor: Visit, web_rowmill: Rowmill) -> None:
    web_rowmill.load(TEAS, dataset="teas-retyped", file_name="teas.csv")
    page = visitor.open("/datasets/teas-retyped?tab=columns")
    page.get_by_role("button", name="Open column kind").click()
    page.get_by_role("dialog", name="Column kind").get_by_role("combobox", name="A word found in it counts").select_option("7")
    expect(page.get_by_role("status").filter(has_text="count it so")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Open column price").click()
    drawer = page.get_by_role("dialog", name="Column price")
    form = drawer.get_by_role("form", name="Its type")
    form.get_by_label("Read it as").fill("text")
    form.get_by_role("button", name="Read it so").click()
    expect(page.get_by_role("status").filter(has_text="read again")).to_be_visible()

    def columns() -> dict[str, tuple[str, int]]:
        with web_rowmill.readers as http:
            found = http.get("/api/datasets/teas-retyped").json()["columns"]
        return {column["name"]: (column["type"], column["weight"]) for column in found}

    wait_for(lambda: columns()["price"][0] == "text", 30, "price is text")
    assert columns()["kind"] == ("text", 7)
    expect(drawer).to_contain_text("text")


def test_groups_are_summed_up_and_show_their_rows(visitor: Visit, web_rowmill: Rowmill) -> None:
    web_rowmill.load(TEAS + b"999,,5.00\n", dataset="teas-in-groups", file_name="teas.csv")
    page = visitor.open("/datasets/teas-in-groups?tab=groups")
    page.get_by_role("combobox", name="Rows by").select_option("kind")
    expect(page.get_by_role("row", name="black")).to_contain_text("40")
    page.get_by_role("combobox", name="Shown").select_option("sum:price")
    expect(page.get_by_role("row", name="green")).to_contain_text("90.00")
    page.get_by_role("button", name="without a value").click()
    expect(page.get_by_text("1 row matches")).to_be_visible()
    expect(page.get_by_role("grid", name="Rows")).to_contain_text("999")
    page.get_by_role("tab", name="Groups").click()
    expect(page.get_by_role("row", name="black")).to_have_count(0)


@pytest.mark.long
def test_a_group_is_drawn_otherwise_pinned_and_seen_by_others(visitor: Visit, web_rowmill: Rowmill, browser: Browser) -> None:
    web_rowmill.load(TEAS, dataset="teas-pinned", file_name="teas.csv")
    page = visitor.open("/datasets/teas-pinned?tab=groups&by=price")
    group = page.get_by_role("region", name="A group")
    group.get_by_text("Line", exact=True).click()
    expect(group.get_by_role("figure", name="A line of 10 points")).to_be_visible()
    group.get_by_text("Histogram", exact=True).click()
    ranges = group.get_by_role("figure", name="A histogram")
    expect(ranges.get_by_role("button").first).to_be_visible()
    page.get_by_role("button", name="Pin", exact=True).click()
    pinned = page.get_by_role("list", name="Pinned").get_by_role("listitem", name="Number of rows by price", exact=True)
    expect(pinned.get_by_role("figure", name="A histogram")).to_be_visible()
    pinned.get_by_role("button", name="Actions for Number of rows by price").click()
    page.get_by_role("menuitem", name="Rename").click()
    page.get_by_role("dialog").get_by_role("textbox", name="New name").fill("Prices")
    page.get_by_role("dialog").get_by_role("button", name="Rename").click()
    with visit(browser, visitor.url) as other:
        seen = other.open("/datasets/teas-pinned?tab=groups").get_by_role("list", name="Pinned").get_by_role("listitem", name="Prices")
        expect(seen.get_by_role("figure", name="A histogram")).to_be_visible()
    pinned = page.get_by_role("list", name="Pinned").get_by_role("listitem", name="Prices")
    pinned.get_by_role("figure").get_by_role("button").first.click()
    expect(page.get_by_text("match")).to_be_visible()
    page.go_back()
    pinned.get_by_role("button", name="Actions for Prices").click()
    page.get_by_role("menuitem", name="Unpin").click()
    expect(pinned).to_be_hidden()
