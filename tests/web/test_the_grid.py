"""The grid of rows: of any length, without a mouse."""

from playwright.sync_api import expect

from tests.flows.pods import Rowmill
from tests.web.browser import Visit

ROWS = 500_000  # more than a browser can scroll through pixel by pixel
REQUESTS_MAX = 8  # of rows; by cursors it would be one per 500 rows


def test_any_place_of_many_rows_is_at_hand(visitor: Visit, web_rowmill: Rowmill) -> None:
    web_rowmill.load(b"word\n" + b"".join(b"row-%d\n" % number for number in range(ROWS)), dataset="many", file_name="many.csv")
    page = visitor.open("/datasets/many")
    grid = page.get_by_role("grid", name="Rows")
    expect(grid).to_contain_text("row-0")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/rows?" in request.url else None)
    grid.evaluate("(grid) => grid.scrollTo(0, (grid.scrollHeight - grid.clientHeight) * 0.8)")
    expect(grid).to_contain_text(f"row-{ROWS * 8 // 10}")
    grid.focus()
    page.keyboard.press("Control+End")
    expect(grid).to_contain_text(f"row-{ROWS - 1}")
    expect(page.get_by_text(f"{ROWS:,} of {ROWS:,}")).to_be_visible()
    page.keyboard.press("Control+Home")
    expect(grid).to_contain_text("row-0")
    assert len(asked) <= REQUESTS_MAX, asked


def test_by_keyboard_alone(visitor: Visit, web_rowmill: Rowmill) -> None:
    web_rowmill.load(
        b"sku,name,price\n" + b"".join(b"%d,lamp %d,%d.50\n" % (n, n, n) for n in range(300)), dataset="keyed", file_name="keyed.csv"
    )
    page = visitor.open("/datasets/keyed")
    grid = page.get_by_role("grid", name="Rows")
    expect(grid).to_contain_text("lamp 5")
    grid.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    expect(grid).to_have_attribute("aria-activedescendant", "cell-2-1")
    page.keyboard.press("Control+End")
    expect(page.locator("#cell-299-2")).to_be_visible()
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("lamp 1")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
