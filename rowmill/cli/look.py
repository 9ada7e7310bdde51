"""`rowmill search`, `datasets`, `uploads`, `findings` and `rejects`: what is there."""

from collections.abc import Iterable
from itertools import islice
from typing import Annotated

from cyclopts import App, Parameter

from rowmill.calls import PageOptions
from rowmill.cli import show
from rowmill.cli.change import change
from rowmill.cli.connect import Json, Url, open_client
from rowmill.cli.show_findings import show_findings
from rowmill.cli.terminal import out, print_json, row, table
from rowmill.shapes import Reject

PAGE_MAX = 1000
Filter = Annotated[tuple[str, ...], Parameter(negative="", help="COLUMN:OP:VALUE; repeatable.")]


def add_looking(app: App) -> None:
    for command in (search, datasets, uploads, findings, rejects, change):
        app.command(command)


def search(
    dataset: str,
    query: str = "",
    *,
    filter: Filter = (),
    sort: Annotated[str | None, Parameter(allow_leading_hyphen=True, help="A column, or -COLUMN for the largest first.")] = None,
    limit: int = 10,
    cursor: str | None = None,
    fuzzy: Annotated[bool, Parameter(negative="", help="Find words that are mistyped, too.")] = False,
    json: Json = False,
    url: Url = "",
) -> None:
    """Search the rows of a dataset: words, "a phrase", -not, this OR that, prefix*."""
    with open_client(url) as client:
        options: PageOptions = {"limit": limit, "highlight": bool(query), "filter": filter, "fuzzy": fuzzy}
        if sort is not None:
            options["sort"] = sort
        page = client.page(dataset, query, cursor=cursor, **options)
    if json:
        return print_json([page])
    return show.show_page(out(), page)


def datasets(*, json: Json = False, url: Url = "") -> None:
    """List the datasets."""
    with open_client(url) as client:
        if json:
            return print_json(client.datasets())
        return show.show_datasets(out(), client.datasets())


def uploads(*, dataset: str | None = None, limit: int = 20, json: Json = False, url: Url = "") -> None:
    """List the newest uploads."""
    with open_client(url) as client:
        size = max(1, min(limit, PAGE_MAX))
        listed = client.uploads(limit=size) if dataset is None else client.uploads(limit=size, dataset=dataset)
        newest = islice(listed, max(0, limit))
        if json:
            return print_json(newest)
        return show.show_uploads(out(), newest)


def findings(upload: str, *, json: Json = False, url: Url = "") -> None:
    """What was decided about an upload's file, and what was repaired in it: where, and what to send to have it otherwise."""
    with open_client(url) as client:
        remarks = client.findings(upload)
    if json:
        return print_json(remarks)
    if not remarks:
        return out().print("Nothing about this file had to be decided that could be wanted otherwise.")
    return show_findings(out(), remarks)


def rejects(upload: str, *, limit: int = 100, json: Json = False, url: Url = "") -> None:
    """The records of an upload that could not be loaded: where they stand, why, and their text."""
    with open_client(url) as client:
        first = islice(client.rejects(upload, limit=max(1, min(limit, PAGE_MAX))), max(0, limit))
        if json:
            return print_json(first)
        return _show_rejects(first)


def _show_rejects(rejects: Iterable[Reject]) -> None:
    shown = table("record", "line", "reason", "detail", "raw")
    for reject in rejects:
        shown.add_row(*row(str(reject.record), str(reject.line), reject.reason, reject.detail, reject.raw))
    out().print(shown)
