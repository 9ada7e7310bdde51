"""Enrichments on their page: begun at a column, tried on ten rows before and after they are kept, run, told of, changed and removed."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.flows.pods import Rowmill
from tests.flows.served import Reply, Served, served
from tests.web.browser import Visit


@pytest.fixture
def web() -> Iterator[Served]:
    with served() as server:
        yield server


@pytest.mark.long
def test_a_column_is_enriched_from_its_drawer_to_the_undo(visitor: Visit, web_rowmill: Rowmill, web: Served) -> None:
    name = "page-enriched"
    web_rowmill.load(b"id,code\n1,DE\n2,XX\n3,BAD\n4,\n", dataset=name)
    web.replies["/c/DE"] = Reply(b'{"name": {"common": "Germany"}, "area": 357022.10}')
    web.replies["/c/BAD"] = Reply(b"<html>")
    page = visitor.open(f"/datasets/{name}?tab=columns&column=code")
    page.get_by_role("link", name="Enrich by a remote API…").click()
    form = page.get_by_role("dialog", name="A new enrichment")
    expect(form.get_by_role("combobox", name="Dataset")).to_have_value(name)
    expect(form.get_by_role("combobox", name="Column", exact=True)).to_have_value("code")
    expect(form.get_by_role("textbox", name="Its name")).to_have_value("page-enriched-code")
    form.get_by_role("textbox", name="URL").fill(f"{web.url}/c/")
    form.get_by_role("textbox", name="Requests a second").fill("1000")
    form.get_by_role("combobox", name="Secret").select_option("headers")
    form.get_by_role("textbox", name="Headers that are secret").fill("X-Key: k3y-of-mine")
    form.get_by_role("textbox", name="Field 1 of a record").fill("name.common")
    form.get_by_role("textbox", name="Column for field 1").fill("Country")
    form.get_by_role("button", name="One more field").click()
    form.get_by_role("textbox", name="Field 2 of a record").fill("name.common")
    form.get_by_role("textbox", name="Column for field 2").fill("Area")
    expect(form.get_by_role("alert")).to_contain_text("name.common stands there twice")
    form.get_by_role("textbox", name="Field 2 of a record").fill("area")
    visitor.expected += ["status of 400", "status of 422"]
    form.get_by_role("button", name="Try on ten rows").click()
    expect(form.get_by_role("alert")).to_contain_text("{value}")
    form.get_by_role("textbox", name="URL").fill(f"{web.url}/c/{{value}}")
    expect(form.get_by_role("alert")).to_be_hidden()
    form.get_by_role("button", name="Try on ten rows").click()
    summary = "Of the first 4 rows: 1 found, 1 missing, 1 failed, 1 without a value. Nothing of it is kept."
    expect(form.get_by_text(summary)).to_be_visible()
    shown = form.get_by_role("region", name="First rows, enriched")
    expect(shown.get_by_role("row").nth(1)).to_contain_text("Germany")
    expect(shown.get_by_role("row").nth(3)).to_contain_text("The answer is no JSON.")
    assert web.asked[-1].headers["x-key"] == "k3y-of-mine"
    with web_rowmill.uploads as http:
        assert http.get(f"/api/enrichments/{name}-code").status_code == 404
    form.get_by_role("button", name="Add it").click()
    expect(form).to_be_hidden()
    made = page.get_by_role("listitem", name="page-enriched-code", exact=True)
    expect(made).to_contain_text("never yet")
    made.get_by_role("button", name="Try on ten rows").click()
    expect(page.get_by_role("dialog").get_by_text(summary)).to_be_visible()
    page.keyboard.press("Escape")
    made.get_by_role("button", name="Run now").click()
    expect(made).to_contain_text("Done")
    expect(made).to_contain_text("1 value found, 1 missing, 1 failed")
    made.get_by_role("button", name="Actions for").click()
    page.get_by_role("menuitem", name="Change").click()
    form = page.get_by_role("dialog", name="Change page-enriched-code")
    expect(form.get_by_role("combobox", name="Secret")).to_have_value("keep")
    form.get_by_role("checkbox", name="After each upload").check()
    form.get_by_role("button", name="Try on ten rows").click()
    expect(form.get_by_text(summary)).to_be_visible()
    form.get_by_role("button", name="Change it").click()
    expect(made).to_contain_text("after each upload, for new rows")
    assert "k3y" not in page.content()
    made.get_by_role("button", name="History").click()
    run = page.get_by_role("list", name="Runs").locator("> li").first
    expect(run.get_by_role("list", name="Why some failed")).to_contain_text("1 value: The answer is no JSON. Such as BAD")
    run.get_by_role("link", name="Its upload").click()
    expect(page.get_by_role("list", name="Findings")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("main")).to_contain_text("Undone")
    page.get_by_role("link", name="Enrichments").click()
    made.get_by_role("button", name="Actions for").click()
    page.get_by_role("menuitem", name="Remove").click()
    page.get_by_role("dialog", name="Remove page-enriched-code?").get_by_role("button", name="Remove").click()
    expect(made).to_be_hidden()
