"""`rowmill rows`: adds, changes and removes single rows, given as JSON or read from stdin."""

import sys
from collections.abc import Callable
from typing import Annotated, Final

from cyclopts import App, Parameter

from rowmill.cli import show
from rowmill.cli.connect import Json, Url, open_client
from rowmill.cli.terminal import out, print_json
from rowmill.client import Client
from rowmill.shapes import Upload

rows: Final = App(name="rows", help="Single rows of a dataset: add, change, remove. Each call makes a version that can be undone.")
Given = Annotated[str, Parameter(help="A row as JSON, or an array of rows; - reads them from stdin.")]
Key = Annotated[str, Parameter(help="Titles or names of the columns that name a row, comma between.")]
Version = Annotated[int | None, Parameter(help="The version that the dataset must have; else nothing is done.")]
Wait = Annotated[bool, Parameter(help="Until readers see it.")]


@rows.command
def add(
    dataset: str, given: Given = "-", *, key: Key = "", version: Version = None, wait: Wait = True, json: Json = False, url: Url = ""
) -> None:
    """Add rows: {"sku": "T1", "price": 9.90}. With --key, those that are there are updated in the columns that are given."""
    _edit(Client.add_rows, dataset, given, key, version, wait=wait, json=json, url=url)


@rows.command
def change(
    dataset: str, given: Given = "-", *, key: Key = "", version: Version = None, wait: Wait = True, json: Json = False, url: Url = ""
) -> None:
    """Change rows that are there, named by --key, or each by "_row", its number in a search."""
    _edit(Client.change_rows, dataset, given, key, version, wait=wait, json=json, url=url)


@rows.command
def remove(
    dataset: str, given: Given = "-", *, key: Key = "", version: Version = None, wait: Wait = True, json: Json = False, url: Url = ""
) -> None:
    """Remove rows, named by --key, or each by "_row"."""
    _edit(Client.delete_rows, dataset, given, key, version, wait=wait, json=json, url=url)


def _edit(
    method: Callable[..., Upload], dataset: str, given: str, key: str, version: int | None, *, wait: bool, json: bool, url: str
) -> None:
    body = sys.stdin.buffer.read() if given == "-" else given.encode()
    with open_client(url) as client:
        upload = method(client, dataset, body, key=key, version=version)
        if wait:
            upload = client.wait(upload)
    if json:
        print_json([upload])
    else:
        show.show_upload(out(), upload)
