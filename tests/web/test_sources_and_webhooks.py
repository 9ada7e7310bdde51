"""Sources and webhooks on their pages: made by a form, run, paused, told of, changed and removed; secrets go in and never come out."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.flows.pods import Rowmill, wait_for
from tests.flows.served import Reply, Served, served
from tests.flows.sourcing import make_source, run_source
from tests.web.browser import Visit


@pytest.fixture
def web() -> Iterator[Served]:
    with served() as server:
        yield server


def card(page: Page, name: str) -> Locator:
    return page.get_by_role("listitem", name=name, exact=True)


@pytest.mark.long
def test_a_source_is_made_run_paused_changed_and_removed(visitor: Visit, web_rowmill: Rowmill, web: Served) -> None:
    web.replies["/prices.csv"] = Reply(b"sku;price\na;1,10\nb;2,20\n")
    page = visitor.open("/sources")
    page.get_by_role("button", name="Add a source").click()
    form = page.get_by_role("dialog", name="A new source")
    form.get_by_role("textbox", name="Its name").fill("page-prices")
    expect(form.get_by_role("textbox", name="Dataset")).to_have_value("page-prices")
    form.get_by_role("textbox", name="URL").fill("ftp://127.0.0.1/prices.csv")
    form.get_by_role("combobox", name="Secret").select_option("token")
    form.get_by_role("textbox", name="Token").fill("t0ken-of-mine")
    form.get_by_role("combobox", name="It is fetched").select_option("weekdays")
    form.locator("input[type=time]").fill("06:15")
    form.get_by_role("combobox", name="In the zone").fill("Europe/Berlin")
    expect(form.get_by_role("status")).to_have_text("That is on weekdays at 06:15, Europe/Berlin.")
    visitor.expected.append("status of 422")
    form.get_by_role("button", name="Add it").click()
    expect(form.get_by_role("alert")).to_contain_text("http")
    form.get_by_role("textbox", name="URL").fill(f"{web.url}/prices.csv")
    form.get_by_role("button", name="Add it").click()
    expect(form).to_be_hidden()
    made = card(page, "page-prices")
    expect(made).to_contain_text("on weekdays at 06:15 · Europe/Berlin")
    expect(made).to_contain_text("never yet")
    made.get_by_role("button", name="Run now").click()
    expect(made).to_contain_text("Done")
    expect(made).to_contain_text("1 file, 2 rows")
    assert web.asked[-1].headers["authorization"] == "Bearer t0ken-of-mine"
    made.get_by_role("button", name="Pause").click()
    expect(made).to_contain_text("Paused")
    made.get_by_role("button", name="Resume").click()
    expect(made).not_to_contain_text("Paused")
    made.get_by_role("button", name="Actions for page-prices").click()
    page.get_by_role("menuitem", name="Change").click()
    form = page.get_by_role("dialog", name="Change page-prices")
    expect(form.get_by_role("combobox", name="Secret")).to_have_value("keep")
    expect(form.get_by_role("combobox", name="It is fetched")).to_have_value("weekdays")
    form.get_by_role("combobox", name="It is fetched").select_option("hourly")
    form.get_by_role("button", name="Change it").click()
    expect(made).to_contain_text("each hour, 15 minutes past")
    with web_rowmill.uploads as http:
        kept = http.get("/api/sources/page-prices").json()
    assert (kept["has_secret"], kept["schedule"], kept["options"]) == (True, "15 * * * *", {"mode": "replace"})
    assert "t0ken" not in page.content()
    made.get_by_role("button", name="Actions for page-prices").click()
    page.get_by_role("menuitem", name="Remove").click()
    page.get_by_role("dialog", name="Remove page-prices?").get_by_role("button", name="Remove").click()
    expect(made).to_be_hidden()
    assert len(web_rowmill.rows("page-prices")["rows"]) == 2


def test_the_runs_of_a_source_lead_to_their_uploads(visitor: Visit, web_rowmill: Rowmill, web: Served) -> None:
    web.replies["/odd.csv"] = Reply(b"a;b\n1;2\n3\n")
    make_source(web_rowmill, "page-runs", "url", {"url": f"{web.url}/odd.csv"}, options={"on_warning": "hold"})
    assert run_source(web_rowmill, "page-runs")["state"] == "HELD"
    del web.replies["/odd.csv"]
    assert run_source(web_rowmill, "page-runs")["state"] == "FAILED"
    page = visitor.open("/sources")
    expect(card(page, "page-runs")).to_contain_text("answers 404")
    card(page, "page-runs").get_by_role("button", name="History").click()
    runs = page.get_by_role("list", name="Runs").locator("> li")
    expect(runs).to_have_count(2)
    expect(runs.first).to_contain_text("answers 404")
    expect(runs.last).to_contain_text("Held: to be published")
    runs.last.get_by_role("link", name="Its file").click()
    expect(page.get_by_role("heading", name="odd.csv")).to_be_visible()
    expect(page.get_by_role("list", name="Findings")).to_be_visible()


def test_a_webhook_is_made_told_replayed_paused_and_removed(visitor: Visit, web_rowmill: Rowmill, web: Served) -> None:
    web.replies["/hook"] = Reply(b"no", status=400)
    page = visitor.open("/webhooks")
    page.get_by_role("button", name="Add a webhook").click()
    form = page.get_by_role("dialog", name="A new webhook")
    form.get_by_role("textbox", name="URL").fill(f"{web.url}/hook")
    form.get_by_role("textbox", name="Datasets").fill("page-hook-*")
    form.get_by_role("checkbox", name="One has failed").uncheck()
    form.get_by_role("button", name="Add it").click()
    shown = page.get_by_role("dialog", name="The webhook is there")
    secret = shown.get_by_role("textbox", name="Secret").input_value()
    assert secret.startswith("whsec_")
    shown.get_by_role("button", name="I have it").click()
    assert secret not in page.content()
    made = card(page, f"{web.url}/hook")
    expect(made).to_contain_text("Told of page-hook-*")
    expect(made.get_by_role("list", name="Events")).not_to_contain_text("upload.failed")
    web.replies["/hook"] = Reply(b"thanks")
    web_rowmill.load(b"a\n1\n", dataset="page-hook-one")
    wait_for(lambda: web.times("/hook") == 1, 30, "the webhook was told")
    made.get_by_role("button", name="Log").click()
    log = page.get_by_role("list", name="Deliveries").locator("> li")
    expect(log).to_have_count(1)
    expect(log.first).to_contain_text("upload.complete of page-hook-one")
    expect(log.first).to_contain_text("answered 200")
    log.first.get_by_role("button", name="Tell it again").click()
    wait_for(lambda: web.times("/hook") == 2, 30, "it was told once more")
    assert web.asked[0].headers["webhook-id"] == web.asked[1].headers["webhook-id"]
    page.keyboard.press("Escape")
    made.get_by_role("button", name="Pause").click()
    expect(made).to_contain_text("Paused")
    made.get_by_role("button", name="Actions for").click()
    page.get_by_role("menuitem", name="Change").click()
    form = page.get_by_role("dialog", name="Change the webhook")
    form.get_by_role("textbox", name="Datasets").fill("*")
    form.get_by_role("button", name="Change it").click()
    expect(made).to_contain_text("Told of all datasets")
    made.get_by_role("button", name="Actions for").click()
    page.get_by_role("menuitem", name="Remove").click()
    page.get_by_role("dialog", name="Remove this webhook?").get_by_role("button", name="Remove").click()
    expect(made).to_be_hidden()
