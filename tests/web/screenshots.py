"""The README's pictures of the web page, from the sample: `python -m tests.web.screenshots FOLDER` (`make screenshots`)."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, expect

from tests.flows.pods import Rowmill, embedded
from tests.web.browser import WAIT_MS, open_browser, visit
from tests.web.test_a_file_through_the_page import MESSY, add_file

SAMPLE: Final = Path(__file__).parents[2] / "samples" / "books.csv"
PRICES: Final = b"ISBN,Title,Price (EUR)\n9783848620378,Tides: an introduction,19.90\n9782807906624,Bread,cheap\n"


def _preview(page: Page) -> None:
    add_file(page, "price list.csv", MESSY)
    expect(page.get_by_role("article")).to_have_attribute("data-phase", "ready")


def _found(page: Page) -> None:
    expect(page.locator("mark").first).to_be_visible()


def _groups(page: Page) -> None:
    expect(page.get_by_role("rowheader").first).to_be_visible()


def _rejects(page: Page) -> None:
    expect(page.get_by_role("region", name="Records to mend")).to_be_visible()


PICTURES: Final[Mapping[str, tuple[str, Callable[[Page], None]]]] = {
    "preview": ("/", _preview),
    "search": ("/datasets/books?q=bees", _found),
    "mending": ("/uploads/{upload}", _rejects),
    "groups": ("/datasets/books?tab=groups&by=place", _groups),
}


def take_pictures(rowmill: Rowmill, folder: Path) -> None:
    rowmill.load(SAMPLE.read_bytes(), dataset="books", file_name="books.csv")
    upload = rowmill.load(PRICES, dataset="books", file_name="prices.csv", mode="upsert", key="ISBN")
    with open_browser() as browser:
        for name, (route, arrive) in PICTURES.items():
            with visit(browser, rowmill.pods["all"].url) as visitor:
                page = visitor.open(route.format(upload=upload["id"]))
                arrive(page)
                page.screenshot(path=str(folder / f"{name}.png"), animations="disabled")


def main(folder: Path) -> None:
    expect.set_options(timeout=WAIT_MS)
    folder.mkdir(parents=True, exist_ok=True)
    with embedded() as rowmill:
        take_pictures(rowmill, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
