"""At 360 pixels, a small telephone's width, each page shows all of itself: nothing lies beyond the edge but what is scrolled to in a box of its own."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser

from tests.flows.pods import Rowmill
from tests.web.browser import NARROW, Visit, visit
from tests.web.pages import PAGES

# What can be pressed or read and lies, in part, beyond the window's edge. A grid or a table scrolls sideways in its own box, so what it holds may.
BEYOND: Final = """() => {
  const scrolls = (one) => one && one !== document.documentElement &&
    (['auto', 'scroll'].includes(getComputedStyle(one).overflowX) || scrolls(one.parentElement))
  return [...document.querySelectorAll('a, button, input, select, textarea, h1, h2, h3, p, summary, nav')]
    .filter((one) => one.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !scrolls(one.parentElement))
    .filter((one) => { const box = one.getBoundingClientRect(); return box.width > 1 && (box.right > innerWidth + 1 || (box.left < -1 && box.right > 0)) })
    .map((one) => one.outerHTML.slice(0, 120))
}"""


@pytest.fixture(scope="module")
def telephone(browser: Browser, web_rowmill: Rowmill, shop: dict[str, Any]) -> Iterator[Visit]:
    with visit(browser, web_rowmill.pods["all"].url, viewport=NARROW) as visited:
        yield visited


@pytest.mark.parametrize("name", PAGES)
def test_nothing_lies_beyond_the_edge(name: str, telephone: Visit, shop: dict[str, Any]) -> None:
    route, arrive = PAGES[name]
    telephone.page.goto("about:blank")
    page = telephone.open(route.format(upload=shop["id"]))
    arrive(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert page.evaluate(BEYOND) == []
    assert page.evaluate("(nav => nav.scrollWidth - nav.clientWidth)(document.querySelector('header nav'))") <= 0
