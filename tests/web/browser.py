"""A browser as a visitor of the page has it, and what must hold for each visit: no error on the console, nothing from elsewhere."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, ViewportSize, sync_playwright

from services.query.page.built_files import BUILT

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
WAIT_MS: Final = 20_000.0
WIDE: Final[ViewportSize] = {"width": 1360, "height": 900}
NARROW: Final[ViewportSize] = {"width": 360, "height": 740}
OF_THE_MACHINE: Final = "ERR_NETWORK_CHANGED"  # a container came or went; what did not load for it, the test itself misses
Theme = Literal["light", "dark"]


@dataclass
class Visit:
    """One visitor's page, and what went wrong on it. `expected` are parts of messages, and of foreign addresses, that a test
    provokes."""

    page: Page
    url: str
    errors: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._note_message)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._note_request)

    def open(self, route: str = "/") -> Page:
        """`route` is what stands behind `#`."""
        self.page.goto(f"{self.url}/#{route}")
        return self.page

    def verify(self) -> None:
        errors = [error for error in self.errors if not any(part in error for part in self.expected)]
        assert errors == [], errors
        elsewhere = [address for address in self.elsewhere if not any(part in address for part in self.expected)]
        assert elsewhere == [], elsewhere

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and OF_THE_MACHINE not in message.text:
            self.errors.append(f"{message.text} ({message.location.get('url')})")

    def _note_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and f"{address.scheme}://{address.netloc}" != self.url:
            self.elsewhere.append(request.url)


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Closed before any other test runs: while it is open, this thread counts as one with a running event loop."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_required_chromium(), args=["--no-sandbox", "--disable-dev-shm-usage"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visit(browser: Browser, url: str, viewport: ViewportSize = WIDE, theme: Theme = "light") -> Iterator[Visit]:
    context = browser.new_context(viewport=viewport, color_scheme=theme, reduced_motion="reduce", locale="en-GB", timezone_id="UTC")
    context.set_default_timeout(WAIT_MS)
    try:
        visited = Visit(context.new_page(), url)
        yield visited
        visited.verify()
    finally:
        context.close()


def _required_chromium() -> str:
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is not None and (BUILT / "index.html").is_file():
        return path
    lacking = "no Chromium is installed (apt install chromium)" if path is None else f"the page is not built in {_short(BUILT)} (make web)"
    if os.environ.get("CI") == "true":
        pytest.fail(f"The browser tests need what is not here: {lacking}")
    pytest.skip(f"browser tests left out: {lacking}")


def _short(path: Path) -> str:
    return "/".join(path.parts[-2:])
