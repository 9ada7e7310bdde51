"""People sign in at an issuer, from the page and back to it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.flows.pods import Rowmill
from tests.flows.test_oidc_login import serving_provider
from tests.web.browser import visit
from tests.web.test_accessibility import violations


@pytest.fixture(scope="module")
def with_issuer() -> Iterator[Rowmill]:
    with serving_provider() as rowmill:
        yield rowmill


@pytest.mark.long
def test_there_and_back_to_the_page_that_was_asked_for(browser: Browser, with_issuer: Rowmill) -> None:
    with visit(browser, with_issuer.pods["all"].url) as visited:
        visited.expected += [
            "status of 401",
            "cdn.jsdelivr.net",
            "favicon.ico",
            "/oauth2/authorize?",
        ]  # all but the first are of the issuer's page
        page = visited.open("/datasets")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert violations(page) == ""
        page.get_by_role("button", name="Sign in").click()
        page.locator("input[name=sub]").fill("bob")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("no role here fits your groups")
        page.get_by_role("button", name="Sign in").click()
        page.locator("input[name=sub]").fill("ann")
        page.keyboard.press("Enter")
        expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
        expect(page.get_by_role("alert")).to_have_count(0)
        page.reload()
        expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
