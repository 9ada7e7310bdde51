"""What can be done with an upload from the command line: publish, discard, undo, cancel, remove."""

import time
from collections.abc import Callable
from typing import Any, Final

import cyclopts
import httpx

from services.command_line import client, show

REMOVED_WITHIN_S: Final = 3600.0
ACTS: Final = {
    "publish": "Let readers see a held upload.",
    "discard": "Give up a held upload; the dataset stays as it is.",
    "undo": "Take back the newest version of a dataset.",
    "cancel": "Stop an upload that is not complete yet.",
}


def add_acts(app: cyclopts.App, url_of: Callable[[str], str]) -> None:
    for name, help in ACTS.items():
        app.command(_act(name, url_of), name=name, help=help)

    @app.command
    def remove(upload_id: str, *, url: str = "") -> None:
        """Take an upload out of its dataset, as if it had never been there; of one that has ended otherwise, forget it and its file."""
        with client.open_client(url_of(url)) as http:
            response = http.delete(f"/api/uploads/{upload_id}")
            if response.status_code != 204:
                show.upload(_removed(http, client.answer(response)))


def _act(name: str, url_of: Callable[[str], str]) -> Callable[..., None]:
    def act(upload_id: str, *, url: str = "") -> None:
        with client.open_client(url_of(url)) as http:
            show.upload(client.answer(http.post(f"/api/uploads/{upload_id}/{name}")))

    return act


def _removed(http: httpx.Client, found: Any) -> Any:
    """The upload once it is out, or once it is told that it cannot be."""
    deadline = time.monotonic() + REMOVED_WITHIN_S
    while found["removing"] and time.monotonic() < deadline:
        time.sleep(client.POLL_EVERY_S)
        found = client.get(http, f"/api/uploads/{found['id']}")
    return found
