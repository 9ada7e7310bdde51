"""A file goes through the page as its users send it: seen before it loads, mended, watched, searched, taken back."""

import re

from playwright.sync_api import FilePayload, Page, expect

from tests.flows.pods import Rowmill
from tests.web.browser import Visit

MESSY = b"""Price list 2026;;;
printed on 27/11/2026;;;
sku;name;price;in stock
A-1;"Walnut table; oiled";1.249,00;yes
A-2;Oak bench;89,50;no
A-3;Caf\xc3\xa9 chair;119,90;yes
A-4;Lamp;39,90;yes;left over
A-5;Coat stand;12,00;yes
"""


def csv_file(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "text/csv", "buffer": content}


def add_file(page: Page, name: str, content: bytes) -> None:
    page.get_by_test_id("pick-files").set_input_files([csv_file(name, content)])


def test_a_remedy_changes_the_preview_and_the_upload(visitor: Visit, web_rowmill: Rowmill) -> None:
    page = visitor.open()
    add_file(page, "remedied.csv", MESSY)
    card = page.get_by_role("article", name="Preview of remedied.csv")
    findings = card.get_by_role("list", name="Findings")
    expect(findings.get_by_role("listitem").first).to_be_visible()
    before = findings.get_by_role("button").count()
    assert before > 0
    findings.get_by_role("button", name=re.compile("Reject|Skip|Read")).first.click()
    expect(card).to_have_attribute("data-phase", "ready")
    card.get_by_role("button", name="Load into remedied").click()
    expect(page.get_by_role("row").filter(has_text="remedied.csv")).to_contain_text("Complete")


def test_words_facets_and_filters_narrow_the_rows_and_stand_in_the_address(visitor: Visit, web_rowmill: Rowmill) -> None:
    lines = [f"{number},{'oak' if number % 2 else 'walnut'} table,{'red' if number % 5 else 'blue'}" for number in range(200)]
    web_rowmill.load("\n".join(["id,name,colour", *lines, ""]).encode(), file_name="tables.csv", dataset="tables")
    page = visitor.open("/datasets/tables")
    page.get_by_role("searchbox").or_(page.get_by_role("textbox", name=re.compile("Search"))).first.fill("oak")
    expect(page.get_by_text("100 rows match")).to_be_visible()
    expect(page.get_by_role("grid", name="Rows").locator("mark").first).to_have_text("oak")
    page.get_by_role("button", name=re.compile(r"colour:\s*blue\s*,\s*20\s*rows")).click()
    expect(page.get_by_text("20 rows match")).to_be_visible()
    page.reload()
    expect(page.get_by_text("20 rows match")).to_be_visible()
    page.get_by_role("button", name="Take away: colour is blue").click()
    expect(page.get_by_text("100 rows match")).to_be_visible()


def test_a_load_is_undone_by_a_click(visitor: Visit, web_rowmill: Rowmill) -> None:
    web_rowmill.load(b"sku,name\n1,first\n", file_name="one.csv", dataset="undone")
    web_rowmill.load(b"sku,name\n2,second\n", file_name="two.csv", dataset="undone")
    visitor.expected.append("/rows?version=2")  # asked for by who is quicker than the news that it is no more
    page = visitor.open("/datasets/undone?tab=versions")
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_text("is undone")).to_be_visible()
    page.get_by_role("tab", name="Rows").click()
    expect(page.get_by_role("grid", name="Rows")).to_contain_text("first")
    expect(page.get_by_role("grid", name="Rows")).not_to_contain_text("second")
    assert web_rowmill.rows("undone")["total"]["value"] == 1


def test_an_upload_by_somebody_else_appears_by_itself(visitor: Visit, web_rowmill: Rowmill) -> None:
    page = visitor.open()
    expect(page.get_by_role("heading", name="Files", exact=True)).to_be_visible()
    web_rowmill.load(b"a,b\n1,2\n", file_name="from elsewhere.csv", dataset="elsewhere")
    expect(page.get_by_role("row").filter(has_text="from elsewhere.csv")).to_contain_text("Complete")
