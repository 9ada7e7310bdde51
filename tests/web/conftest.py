"""One running Rowmill and one browser for a module of browser tests, a fresh visitor for each test."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.flows.pods import Rowmill, embedded
from tests.web.browser import WAIT_MS, Visit, open_browser, visit
from tests.web.shop import names_server, shop

__all__ = ["names_server", "shop"]  # fixtures

expect.set_options(timeout=WAIT_MS)


@pytest.fixture(scope="session")
def web_rowmill() -> Iterator[Rowmill]:
    """Its own, for the list of uploads shows everybody's."""
    with embedded() as rowmill:
        yield rowmill


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture
def visitor(browser: Browser, web_rowmill: Rowmill) -> Iterator[Visit]:
    with visit(browser, web_rowmill.pods["all"].url) as visited:
        yield visited
