"""A webhook of mailto: sends a letter through the operator's mail server; what a file is called makes no headers of its own."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from tests.flows.pods import Rowmill, embedded, free_port, wait_for


class Box:
    """Keeps what comes, after having turned the first away."""

    def __init__(self) -> None:
        self.letters: list[Any] = []
        self.turned_away = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 -- aiosmtpd's name
        if not self.turned_away:
            self.turned_away += 1
            return "451 later"
        self.letters.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=policy.default)))
        return "250 OK"


@pytest.fixture(scope="module")
def box() -> Iterator[tuple[Box, int]]:
    box, port = Box(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, port
    controller.stop()


@pytest.mark.long
def test_a_letter_tells_of_an_upload(box: tuple[Box, int]) -> None:
    kept, port = box
    with embedded(ROWMILL_SMTP_URL=f"smtp://127.0.0.1:{port}", ROWMILL_SMTP_FROM="rowmill@example.org") as rowmill, rowmill.uploads as http:
        for bad in ("mailto:", "mailto:a@b?cc=c@d", "mailto:a@b,c@d", "mailto:a b@c"):
            assert http.post("/api/webhooks", json={"url": bad}).status_code == 422, bad
        made = http.post("/api/webhooks", json={"url": "mailto:prices@example.org", "datasets": ["letters"]})
        assert made.status_code == 201, made.text
        upload = rowmill.upload(b"a;b\n1;2\n3\n", dataset="letters", file_name="odd\r\nBcc: x@y.csv")
        wait_for(lambda: bool(kept.letters), 60, "the letter has come")
        ((to, letter),) = kept.letters
        assert to == ["prices@example.org"] and letter["From"] == "rowmill@example.org" and letter["Bcc"] is None
        assert letter["Subject"] == "Rowmill: letters: upload.complete"
        text = letter.get_content()
        assert upload["id"] in text and "rows: 2" in text and "short-records-filled" in text and "file_name: odd Bcc: x@y.csv" in text
        (delivery,) = http.get(f"/api/webhooks/{made.json()['id']}/deliveries").json()["deliveries"]
        assert (delivery["state"], delivery["attempts"]) == ("DELIVERED", 2)


def test_without_a_mail_server_there_are_no_letters(embedded_rowmill: Rowmill) -> None:
    with embedded_rowmill.uploads as http:
        refused = http.post("/api/webhooks", json={"url": "mailto:a@example.org"})
        assert refused.json()["type"].endswith("no-mail-server")
