"""Where a key is wanted, the page asks for it once, keeps it where no script can read it, and forgets it when told to."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.flows.pods import Rowmill, embedded
from tests.flows.test_keys import FIRST
from tests.web.browser import Visit, visit
from tests.web.test_accessibility import violations

REFUSED = "status of 401"


@pytest.fixture(scope="module")
def locked_rowmill() -> Iterator[Rowmill]:
    with embedded(ROWMILL_AUTH="keys", ROWMILL_FIRST_KEY=FIRST) as rowmill:
        yield rowmill


@pytest.fixture
def stranger(browser: Browser, locked_rowmill: Rowmill) -> Iterator[Visit]:
    with visit(browser, locked_rowmill.pods["all"].url) as visited:
        visited.expected.append(REFUSED)
        yield visited


def test_a_stranger_is_asked_for_a_key_and_comes_in_with_it(stranger: Visit) -> None:
    page = stranger.open("/datasets")
    expect(page.get_by_role("heading", name="This server wants a key")).to_be_visible()
    assert violations(page) == ""
    page.get_by_role("textbox", name="Key").fill("rwm_wrong")
    page.get_by_role("button", name="Enter").click()
    expect(page.get_by_role("alert")).to_contain_text("key")
    page.get_by_role("textbox", name="Key").fill(FIRST)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Datasets")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Datasets")).to_be_visible()
    assert FIRST not in page.evaluate("document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)")


def test_a_key_is_forgotten_when_asked_to(stranger: Visit) -> None:
    page = stranger.open()
    page.get_by_role("textbox", name="Key").fill(FIRST)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Forget the key").click()
    expect(page.get_by_role("heading", name="This server wants a key")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="This server wants a key")).to_be_visible()
