"""Rows are changed, added and deleted in the grid: each edit is a version with every digit, is told, and can be taken back."""

from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.flows.pods import Rowmill
from tests.web.browser import Visit

TEAS = b"code,name,price,fresh\n12345678901234567890,Assam,9.90,true\n2,Darjeeling,12.50,false\n3,Ceylon,7.00,true\n"


def begin(visitor: Visit, rowmill: Rowmill, dataset: str) -> tuple[Page, Locator]:
    rowmill.load(TEAS, dataset=dataset, file_name="teas.csv")
    page = visitor.open(f"/datasets/{dataset}")
    grid = page.get_by_role("grid", name="Rows")
    expect(grid).to_contain_text("Ceylon")
    page.get_by_role("button", name="Edit", exact=True).click()
    return page, grid


def rows(rowmill: Rowmill, dataset: str) -> list[dict[str, Any]]:
    return sorted((row["values"] for row in rowmill.rows(dataset)["rows"]), key=lambda values: str(values["name"]))


def told(page: Page) -> Locator:
    return page.get_by_role("region", name="Editing").get_by_role("status")


def test_a_cell_is_changed_by_keyboard_with_every_digit_and_taken_back(visitor: Visit, web_rowmill: Rowmill) -> None:
    page, grid = begin(visitor, web_rowmill, "teas-edited")
    grid.focus()
    page.keyboard.press("Enter")
    editor = grid.get_by_role("textbox", name="code of row 1")
    expect(editor).to_have_value("12345678901234567890")
    editor.fill("5")
    page.keyboard.press("Escape")
    expect(editor).to_be_hidden()
    expect(page.locator("#cell-0-0")).to_have_text("12345678901234567890")
    page.keyboard.press("F2")
    editor.fill("12345678901234567891")
    page.keyboard.press("Enter")
    expect(told(page)).to_contain_text("Version 2: code is “12345678901234567891” now, and was “12345678901234567890”.")
    expect(page.locator("#cell-0-0")).to_have_text("12345678901234567891")  # where it was, though its number is another one
    expect(grid).to_have_attribute("aria-activedescendant", "cell-1-0")
    assert [row["code"] for row in rows(web_rowmill, "teas-edited")] == [12345678901234567891, 3, 2]
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+A")
    page.keyboard.type("Ünder \"Nilgiri\" 'x'")
    page.keyboard.press("Tab")
    expect(told(page)).to_contain_text("Version 3")
    page.keyboard.press("Enter")
    page.keyboard.press("Delete")
    page.keyboard.press("Tab")
    expect(told(page)).to_contain_text("Version 4: price is nothing now, and was “12.50”.")
    page.keyboard.press("Enter")
    grid.get_by_role("combobox", name="fresh of row 2").select_option("true")
    page.keyboard.press("Enter")
    expect(told(page)).to_contain_text("Version 5")
    assert rows(web_rowmill, "teas-edited")[2] == {"code": 2, "name": "Ünder \"Nilgiri\" 'x'", "price": None, "fresh": True}
    for version in (5, 4):
        expect(told(page)).to_contain_text(f"Version {version}")
        page.get_by_role("button", name="Undo").click()
    expect(told(page)).to_contain_text("Version 3")
    expect(page.locator("#cell-1-2")).to_have_text("12.50")
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("tab", name="Versions")).to_contain_text("3")
    expect(page.locator("#cell-2-1")).to_contain_text("Nilgiri")  # in the file order of the newest version


def test_a_text_is_made_empty_and_a_text_that_is_empty_nothing(visitor: Visit, web_rowmill: Rowmill) -> None:
    page, grid = begin(visitor, web_rowmill, "teas-emptied")
    grid.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(grid.get_by_role("button", name="Make it an empty text")).to_be_hidden()
    page.keyboard.press("Delete")
    page.keyboard.press("Control+Enter")
    expect(told(page)).to_contain_text("Version 2")
    page.keyboard.press("Enter")
    page.keyboard.press("Delete")
    grid.get_by_role("button", name="Make it an empty text").click()
    expect(told(page)).to_contain_text("Version 3")
    assert [row["name"] for row in rows(web_rowmill, "teas-emptied")] == ["", "", "Ceylon"]
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")  # as it was
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    grid.get_by_role("button", name="Make it no value").click()
    expect(told(page)).to_contain_text("Version 4")
    assert [row["name"] for row in rows(web_rowmill, "teas-emptied")] == ["", "Ceylon", None]


def test_a_row_is_added_and_one_is_deleted(visitor: Visit, web_rowmill: Rowmill) -> None:
    page, grid = begin(visitor, web_rowmill, "teas-and-rows")
    page.get_by_role("button", name="Add a row").click()
    form = page.get_by_role("dialog")
    form.get_by_role("textbox", name="name").fill("Keemun")
    form.get_by_role("textbox", name="price").fill("cheap")
    visitor.expected.append("status of 400")
    form.get_by_role("button", name="Add").click()
    expect(form.get_by_role("alert")).to_contain_text("'cheap' is no decimal")
    form.get_by_role("textbox", name="price").fill("0.10")
    form.get_by_role("button", name="Add").click()
    expect(form).to_be_hidden()
    expect(told(page)).to_contain_text("one row is new")
    expect(page.locator("#cell-3-2")).to_have_text("0.10")
    page.locator("#cell-1-1").click()
    page.get_by_role("button", name="Delete the row").click()
    expect(told(page)).to_contain_text("Version 3: the row “2, Darjeeling, 12.50, false” is gone.")
    expect(page.get_by_role("button", name="Delete the row")).to_be_disabled()
    assert [row["name"] for row in rows(web_rowmill, "teas-and-rows")] == ["Assam", "Ceylon", "Keemun"]
    page.get_by_role("button", name="Undo").click()
    expect(told(page)).to_contain_text("one row is new")
    page.locator("#cell-3-1").click()
    page.locator("#cell-3-1").click()
    grid.get_by_role("textbox", name="name of row 4").fill("Lapsang")
    page.keyboard.press("Enter")
    expect(told(page)).to_contain_text("was “Keemun”")
    assert [row["name"] for row in rows(web_rowmill, "teas-and-rows")] == ["Assam", "Ceylon", "Darjeeling", "Lapsang"]


def test_an_edit_that_comes_too_late_is_told_and_changes_nothing(visitor: Visit, web_rowmill: Rowmill) -> None:
    page, grid = begin(visitor, web_rowmill, "teas-of-two")
    visitor.expected += ["status of 412", "status of 409", "status of 400"]
    page.locator("#cell-1-1").click()
    page.keyboard.press("Enter")
    grid.get_by_role("textbox", name="name of row 2").fill("Dooars")
    web_rowmill.load(b"code,name\n3,Kandy\n", dataset="teas-of-two", mode="upsert", key="code")
    page.keyboard.press("Enter")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Nothing was saved: somebody else has changed the dataset meanwhile")
    expect(page.locator("#cell-1-1")).to_have_text("Darjeeling")
    alert.get_by_role("button", name="Show version 2").click()
    expect(grid).to_contain_text("Kandy")
    page.locator("#cell-0-2").click()
    page.keyboard.press("Enter")
    grid.get_by_role("textbox", name="price of row 1").fill("dear")
    page.keyboard.press("Enter")
    expect(alert).to_contain_text("Column price: 'dear' is no decimal. Nothing was changed.")
    expect(page.locator("#cell-0-2")).to_have_text("9.90")
    assert [row["name"] for row in rows(web_rowmill, "teas-of-two")] == ["Assam", "Darjeeling", "Kandy"]
