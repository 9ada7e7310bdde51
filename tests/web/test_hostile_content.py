"""Whatever a file says, the page shows it as text and runs none of it."""

from playwright.sync_api import expect

from tests.flows.pods import Rowmill
from tests.web.browser import Visit
from tests.web.test_a_file_through_the_page import add_file

HOSTILE = "<img src=x onerror=document.body.dataset.owned=1><script>document.body.dataset.owned=1</script>"
RIGHT_TO_LEFT = "\u202egpj.exe"
FILE = f'title,"{HOSTILE}"\n"{HOSTILE}",{RIGHT_TO_LEFT}\n=1+1,"{"x" * 1_000_000}"\n'.encode()
FILE_NAME = f"{HOSTILE[:60]}.csv"


def test_cells_titles_and_names_are_text(visitor: Visit, web_rowmill: Rowmill) -> None:
    upload = web_rowmill.load(FILE, file_name=FILE_NAME, dataset="hostile")
    page = visitor.open("/datasets/hostile")
    grid = page.get_by_role("grid", name="Rows")
    expect(grid).to_contain_text(HOSTILE)
    assert grid.locator("img, script").count() == 0
    grid.get_by_role("gridcell", name=HOSTILE).click()
    expect(page.get_by_role("dialog")).to_contain_text(HOSTILE)
    page.goto(f"{visitor.url}/#/datasets/hostile?q=img")
    expect(grid.locator("mark").first).to_have_text("img")
    page.goto(f"{visitor.url}/#/uploads/{upload['id']}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("<img src=x")
    page.goto(f"{visitor.url}/#/")
    expect(page.get_by_role("row").filter(has_text="hostile")).to_contain_text("<img src=x")
    for tab in ("columns", "versions", "groups"):
        page.goto(f"{visitor.url}/#/datasets/hostile?tab={tab}")
        expect(page.get_by_role("tab", selected=True)).to_contain_text(tab.capitalize())
    assert page.evaluate("document.body.dataset.owned") is None


def test_a_file_full_of_markup_is_previewed_as_text(visitor: Visit) -> None:
    page = visitor.open()
    add_file(page, FILE_NAME, FILE[:5000])
    card = page.get_by_role("article")
    expect(card).to_contain_text(HOSTILE)
    expect(card).to_have_attribute("data-phase", "ready")
    assert card.locator("img, script").count() == 0
    assert page.evaluate("document.body.dataset.owned") is None
