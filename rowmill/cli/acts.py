"""What can be done with an upload from the command line: publish, discard, undo, cancel, remove."""

from collections.abc import Callable
from typing import Final

from cyclopts import App

from rowmill.cli import show
from rowmill.cli.connect import Json, Url, open_client
from rowmill.cli.terminal import out, print_json
from rowmill.client import Client
from rowmill.shapes import Upload

REMOVED_WITHIN_S: Final = 3600.0
ACTS: Final[dict[str, tuple[Callable[[Client, str], Upload], str]]] = {
    "publish": (Client.publish, "Let readers see a held upload."),
    "discard": (Client.discard, "Give up a held upload; the dataset stays as it is."),
    "undo": (Client.undo, "Take back the newest version of a dataset."),
    "cancel": (Client.cancel, "Stop an upload that is not complete yet."),
}


def add_acts(app: App) -> None:
    for name, (method, help) in ACTS.items():
        app.command(_act(method), name=name, help=help)
    app.command(remove)


def remove(upload: str, *, json: Json = False, url: Url = "") -> None:
    """Take an upload out of its dataset, as if it had never been there; of one that has ended otherwise, forget it and its file."""
    with open_client(url) as client:
        _tell(client.remove(upload, timeout_s=REMOVED_WITHIN_S), json=json)


def _act(method: Callable[[Client, str], Upload]) -> Callable[..., None]:
    def act(upload: str, *, json: Json = False, url: Url = "") -> None:
        with open_client(url) as client:
            _tell(method(client, upload), json=json)

    return act


def _tell(upload: Upload | None, *, json: bool) -> None:
    if upload is None:
        return
    if json:
        print_json([upload])
    else:
        show.show_upload(out(), upload)
