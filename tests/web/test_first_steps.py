"""A new user, led by the page alone: a file is seen, loaded, mended, searched, undone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.flows.pods import Rowmill, embedded
from tests.web.browser import Visit
from tests.web.test_accessibility import violations


@pytest.fixture
def web_rowmill() -> Iterator[Rowmill]:
    """A new one for each test, for a first visitor finds it empty; the others share theirs, and what is in it."""
    with embedded() as rowmill:
        yield rowmill


def test_the_first_visit_loads_the_sample(visitor: Visit, web_rowmill: Rowmill) -> None:
    page = visitor.open()
    page.get_by_role("button", name="Try a messy sample").click()
    card = page.get_by_role("article", name="Preview of price list.csv")
    expect(card.get_by_role("list", name="Findings")).to_contain_text("line")
    expect(card.get_by_role("columnheader", name="price")).to_be_visible()
    card.get_by_role("button", name="Load into price-list").click()
    row = page.get_by_role("row").filter(has_text="price list.csv")
    expect(row).to_contain_text("Complete")
    row.get_by_role("link", name="price-list", exact=True).click()
    expect(page.get_by_role("grid", name="Rows")).to_contain_text("Walnut table; oiled")


@pytest.mark.long
def test_the_first_steps_lead_from_a_file_to_its_undoing(visitor: Visit, web_rowmill: Rowmill) -> None:
    web_rowmill.load(b"isbn,title\n1,Tides\n2,Bread\n", dataset="first-books", file_name="books.csv")
    page = visitor.open()
    steps = page.get_by_role("region", name="First steps")
    expect(steps).to_contain_text("Nothing to mend")
    assert violations(page) == ""
    steps.get_by_role("button", name="Try a messy sample").click()
    page.get_by_role("button", name="Load into price-list").click()
    expect(steps).to_contain_text("1 record of price list.csv")
    expect(steps.get_by_role("img", name="Done:").or_(steps.get_by_label("Done:"))).to_have_count(1)
    steps.get_by_role("link", name="Mend them").click()
    page.get_by_role("button", name="Leave that out").click()
    page.get_by_role("button", name="Load 1 mended record").click()
    expect(page.get_by_role("link", name="1 of 1 mended")).to_be_visible()
    page.get_by_role("link", name="Files", exact=True).click()
    steps.get_by_role("link", name="Search price-list").click()
    page.get_by_role("textbox", name="Search price-list").or_(page.get_by_role("searchbox")).first.fill("lamp")
    expect(page.get_by_text("1 row matches")).to_be_visible()
    page.get_by_role("link", name="Files", exact=True).click()
    steps.get_by_role("link", name="Versions of price-list").click()
    for version in (2, 1):
        page.get_by_role("button", name="Undo", exact=True).click()
        expect(page.get_by_text(f"Version {version} is undone")).to_be_visible()
    page.get_by_role("tab", name="Rows").click()
    expect(page.get_by_role("heading", name="Nothing to see here yet")).to_be_visible()
    assert violations(page) == ""
    page.get_by_role("link", name="Files", exact=True).click()
    expect(steps.get_by_label("Done:")).to_have_count(1)  # what was loaded and mended is taken back
    steps.get_by_role("button", name="Put the first steps away").click()
    page.reload()
    expect(page.get_by_role("row").filter(has_text="books.csv")).to_be_visible()
    expect(steps).to_be_hidden()
