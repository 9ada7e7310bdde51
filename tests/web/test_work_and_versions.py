"""What the page shows of work and of versions: processes, dead letters to publish again, and what each version changed."""

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
