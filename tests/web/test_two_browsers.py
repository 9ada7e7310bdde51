"""What one visitor does, another sees without asking for it."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.flows.pods import Rowmill
from tests.web.browser import Visit, visit
from tests.web.test_a_file_through_the_page import add_file


@pytest.mark.long
def test_two_browsers_see_each_others_uploads(visitor: Visit, browser: Browser, web_rowmill: Rowmill) -> None:
    with visit(browser, web_rowmill.pods["all"].url) as neighbour:
        for one, other, name in ((visitor, neighbour, "from the first"), (neighbour, visitor, "from the second")):
            other.open()
            page = one.open()
            add_file(page, f"{name}.csv", b"a,b\n1,2\n")
            page.get_by_role("button", name=f"Load into {name.replace(' ', '-')}").click()
            expect(other.page.get_by_role("row").filter(has_text=f"{name}.csv")).to_contain_text("Complete")
        for done in ("Undone", None):  # taken out of its dataset first, then forgotten
            _remove(neighbour.page, "from the first.csv")
            row = visitor.page.get_by_role("row").filter(has_text="from the first.csv")
            expect(row).to_contain_text(done) if done else expect(row).to_have_count(0)


def _remove(page: Page, file_name: str) -> None:
    page.get_by_role("button", name=f"Actions for {file_name}").click()
    page.get_by_role("menuitem", name="Remove").click()
    page.get_by_role("button", name="Remove", exact=True).click()
