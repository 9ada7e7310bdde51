"""What the page shows of work and of versions: processes, dead letters to publish again, and what each version changed."""

import pytest
from playwright.sync_api import expect

from backbone.catalog.outbox import emit, new_event
from backbone.eventlog.events import UPLOAD_ENDED
from tests.flows.pods import Rowmill
from tests.flows.test_dead_letters import on_database
from tests.web.browser import Visit


def test_workers_and_their_dead_letters(visitor: Visit, web_rowmill: Rowmill) -> None:
    on_database(web_rowmill, lambda connection: emit(connection, new_event(UPLOAD_ENDED, "poison-on-the-page", nothing="of use")))
    page = visitor.open("/workers")
    expect(page.get_by_role("region", name="Processes")).to_contain_text("parser")
    expect(page.get_by_role("region", name="What waits")).to_contain_text("consumer")
    letter = page.get_by_role("region", name="Dead letters").get_by_role("listitem").first
    expect(letter).to_contain_text("upload.ended")
    letter.get_by_role("button", name="Look at it").click()
    expect(letter).to_contain_text("poison-on-the-page")
    letter.get_by_role("button", name="Publish again").click()
    expect(page.get_by_role("status")).to_contain_text("published again")


def test_a_version_tells_what_it_changed_old_beside_new(visitor: Visit, web_rowmill: Rowmill) -> None:
    web_rowmill.load(b"sku,name,price\n1,couch,9.50\n2,desk,80.00\n", dataset="changed-prices", key="sku", mode="upsert")
    web_rowmill.load(b"sku,name,price\n2,desk,75.00\n3,shelf,40.00\n", dataset="changed-prices", mode="upsert", key="sku")
    page = visitor.open("/datasets/changed-prices?tab=versions")
    page.get_by_role("button", name="What it changed").first.click()
    changes = page.get_by_role("region", name="What version 2 changed")
    expect(changes.get_by_role("row", name="new 3 shelf 40.00")).to_be_visible()
    updated = changes.get_by_role("row").filter(has_text="changed")
    expect(updated.locator("del")).to_have_text("80.00")
    expect(updated.locator("ins")).to_have_text("75.00")


def test_an_upload_of_somebody_else_appears_as_soon_as_it_is_told_of(visitor: Visit, web_rowmill: Rowmill) -> None:
    page = visitor.page
    with page.expect_response("**/api/uploads/events"):
        visitor.open()
    page.wait_for_load_state()
    web_rowmill.load(b"n\n1\n", dataset="of-somebody-else", file_name="of-somebody-else.csv")
    expect(page.get_by_text("of-somebody-else.csv")).to_be_visible(timeout=10_000)  # where nothing is told, the list asks every 30 s


@pytest.mark.long
def test_any_two_versions_are_compared_and_fewer_are_kept(visitor: Visit, web_rowmill: Rowmill) -> None:
    keyed = {"dataset": "compared-prices", "key": "sku"}
    web_rowmill.load(b"sku,name,price\n1,couch,9.50\n2,desk,80.00\n", mode="upsert", **keyed)
    web_rowmill.load(b"sku,name,price\n2,desk,75.00\n3,shelf,40.00\n", mode="upsert", **keyed)
    web_rowmill.load(b"sku\n1\n", mode="delete", **keyed)
    page = visitor.open("/datasets/compared-prices?tab=versions")
    compare = page.get_by_role("region", name="Two versions compared")
    compare.get_by_role("combobox", name="From").select_option("1")
    differing = page.get_by_role("region", name="What differs between versions 1 and 3")
    expect(differing.get_by_role("row", name="gone 1 couch 9.50")).to_be_visible()
    expect(differing.get_by_role("row", name="new 3 shelf 40.00")).to_be_visible()
    updated = differing.get_by_role("row").filter(has_text="changed")
    expect(updated.locator("del")).to_have_text("80.00")
    expect(updated.locator("ins")).to_have_text("75.00")
    compare.get_by_role("combobox", name="A row is the same by").select_option("price")
    expect(differing.get_by_role("row").filter(has_text="changed")).to_have_count(0)
    page.get_by_role("button", name="Actions for compared-prices").click()
    page.get_by_role("menuitem", name="Settings").click()
    settings = page.get_by_role("dialog", name="Settings of compared-prices")
    settings.get_by_role("textbox", name="Versions that are kept").fill("2")
    expect(settings.get_by_role("status")).to_contain_text("The oldest version goes")
    settings.get_by_role("combobox", name="Language of its words").select_option("english")
    settings.get_by_role("textbox", name="Rejects that a file may have").fill("5%")
    settings.get_by_role("checkbox", name="A file with warnings waits").check()
    visitor.expected.append("since=1")  # what was under way when version 1 went
    settings.get_by_role("button", name="Keep it so").click()
    expect(settings).to_be_hidden()
    expect(page.get_by_role("heading", name="Version 1", exact=True)).to_be_hidden()
    with web_rowmill.readers as http:
        said = http.get("/api/datasets/compared-prices").json()
    assert (said["versions_kept"], said["language_given"]) == (2, "english")
    assert said["guards"] == {"max_rejects": "5%", "on_warning": "hold"}
