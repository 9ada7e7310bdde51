"""A large file goes on where it stopped, whoever fails in between: first the server, killed and started again, then the page, loaded anew."""

from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, Request, expect

from tests.flows.pods import Rowmill
from tests.web.browser import Visit

PIECE_BYTES: Final = 8 * 1024 * 1024
FIELD: Final = b"x" * 999_990
RECORDS: Final = 200  # 200 MB; few and wide, so that loading them takes the least
UPLOAD_TIMEOUT_MS: Final = 180_000


class _Pieces:
    """What the page sends by tus."""

    def __init__(self, page: Page) -> None:
        self.begun = 0
        self.offsets: list[int] = []
        page.on("request", self._note)

    def _note(self, request: Request) -> None:
        if "/api/resumable" not in request.url:
            return
        if request.method == "POST":
            self.begun += 1
        if request.method == "PATCH":
            self.offsets.append(int(request.headers["upload-offset"]))

    def wait_for_piece(self, page: Page, number: int) -> None:
        """Until the piece with this number is on its way."""
        while not self.offsets or self.offsets[-1] < number * PIECE_BYTES:
            page.wait_for_event("request", lambda request: request.method == "PATCH", timeout=UPLOAD_TIMEOUT_MS)


@pytest.mark.long
def test_200_mb_survive_a_killed_server_and_a_reloaded_page(visitor: Visit, web_rowmill: Rowmill, tmp_path: Path) -> None:
    file = tmp_path / "wide records.csv"
    with file.open("wb") as written:
        written.write(b"n,text\n")
        written.writelines(b"%d,%s\n" % (number, FIELD) for number in range(RECORDS))
    assert file.stat().st_size > 199_000_000
    visitor.expected += [
        "ERR_CONNECTION",
        "ERR_SOCKET",
        "ERR_EMPTY_RESPONSE",
        "ERR_INCOMPLETE",
        "ERR_ABORTED",
        "status of 503",
        "status of 409",
    ]
    page = visitor.open()
    pieces = _Pieces(page)
    page.get_by_test_id("pick-files").set_input_files(file)
    page.get_by_role("button", name="Load into wide-records").click()
    pieces.wait_for_piece(page, 4)
    web_rowmill.pods["all"].kill()
    web_rowmill.restart("all", same_port=True)
    pieces.wait_for_piece(page, 12)
    assert min(pieces.offsets[5:]) > 0, pieces.offsets
    page.reload()
    reached = max(pieces.offsets)
    page.get_by_test_id("pick-files").set_input_files(file)
    before_reload = len(pieces.offsets)
    page.get_by_role("button", name="Load into wide-records").click()
    expect(page.get_by_role("row").filter(has_text=file.name)).to_contain_text("Complete", timeout=UPLOAD_TIMEOUT_MS)
    assert pieces.offsets[before_reload] >= reached, pieces.offsets
    assert pieces.begun == 1
    assert web_rowmill.rows("wide-records", limit=1)["total"]["value"] == RECORDS
