"""Where a key is wanted, the page asks for it once, keeps it where no script can read it, and forgets it when told to."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.flows.pods import Rowmill, embedded, wait_for
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


def test_what_a_key_may_not_do_is_not_offered(stranger: Visit, locked_rowmill: Rowmill) -> None:
    by_admin = {"Authorization": f"Bearer {FIRST}"}
    with locked_rowmill.uploads as http:
        loaded = http.post("/api/uploads", params={"dataset": "looked-at"}, content=b"sku\n1\n2\n", headers=by_admin).json()
        wait_for(lambda: http.get(f"/api/uploads/{loaded['id']}", headers=by_admin).json()["state"] == "COMPLETE", 60, "it is loaded")
        made = http.post("/api/keys", json={"name": "reader", "scopes": ["read"]}, headers=by_admin)
        assert made.status_code == 201, made.text
    page = stranger.open("/datasets/looked-at")
    page.get_by_role("textbox", name="Key").fill(made.json()["key"])
    page.keyboard.press("Enter")
    grid = page.get_by_role("grid", name="Rows")
    expect(grid).to_contain_text("2")
    expect(page.get_by_role("button", name="Edit", exact=True)).to_have_count(0)
    expect(page.get_by_role("button", name="Actions for looked-at")).to_have_count(0)
    expect(page.get_by_role("navigation", name="Pages").get_by_role("link")).to_have_text(["Files", "Datasets"])
    grid.focus()
    page.keyboard.press("F2")
    expect(grid.get_by_role("textbox")).to_have_count(0)
