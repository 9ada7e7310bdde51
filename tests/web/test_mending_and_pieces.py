"""Rejects are mended in place; a large file survives a broken line and a reload of the page."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from tests.flows.pods import Rowmill
from tests.web.browser import Visit

FIELD = b"x" * 100_000
LARGE = b"n,text\n" + b"".join(b"%d,%s\n" % (number, FIELD) for number in range(180))  # 18 MB: three pieces


def test_rejects_are_mended_in_place(visitor: Visit, web_rowmill: Rowmill) -> None:
    web_rowmill.load(b"sku,price\n1,9.50\n4,8.75\n", dataset="mended", file_name="before.csv")
    upload = web_rowmill.load(
        b"sku,price\n2,cheap\n3,1.25,more\n5,2.50\n6,3.50\n", dataset="mended", file_name="wrong.csv", mode="upsert", key="sku"
    )
    assert upload["rejects"] == 2
    page = visitor.open(f"/uploads/{upload['id']}")
    page.get_by_role("textbox", name="price, line 2").fill("7.25")
    page.get_by_role("button", name="Load 1 mended record").click()
    expect(page.get_by_role("link", name="1 of 2 mended")).to_be_visible()
    rows = web_rowmill.rows("mended", filter="sku:eq:2")["rows"]
    assert [row["values"] for row in rows] == [{"sku": 2, "price": 7.25}]


@pytest.mark.long
def test_a_large_file_goes_on_after_a_broken_line_and_a_reload(visitor: Visit, web_rowmill: Rowmill, tmp_path: Path) -> None:
    file = tmp_path / "large.csv"
    file.write_bytes(LARGE)
    visitor.expected += ["ERR_FAILED", "ERR_CONNECTION"]
    begun: list[str] = []
    offsets: list[int] = []

    def break_after_the_first(route: Route) -> None:
        request = route.request
        if request.method == "PATCH":
            offsets.append(int(request.headers["upload-offset"]))
            if offsets[-1] > 0:
                route.abort()
                return
        route.continue_()

    page = visitor.open()
    page.on("request", lambda request: begun.append(request.url) if request.method == "POST" and "/api/resumable" in request.url else None)
    page.route("**/api/resumable/*", break_after_the_first)
    page.get_by_test_id("pick-files").set_input_files(file)
    page.get_by_role("button", name="Load into large").click()
    expect(page.get_by_text(re.compile("sent: "))).to_be_visible()
    page.wait_for_event("requestfailed")
    page.unroute("**/api/resumable/*")
    page.reload()
    page.get_by_test_id("pick-files").set_input_files(file)
    page.get_by_role("button", name="Load into large").click()
    expect(page.get_by_role("row").filter(has_text="large.csv")).to_contain_text("Complete")
    assert offsets[0] == 0 and all(offset > 0 for offset in offsets[1:]), offsets
    assert len(begun) == 1, begun
    assert web_rowmill.rows("large", limit=1)["total"]["value"] == 180
