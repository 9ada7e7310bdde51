"""`rowmill audit`: who changed what, and who was turned away."""

import re
from itertools import islice
from typing import Annotated, Final

from cyclopts import App, Parameter

from rowmill.calls import AuditOptions
from rowmill.cli.connect import Json, Url, open_client
from rowmill.cli.terminal import as_json, out, print_json, row, table
from rowmill.shapes import AuditEvent

ROWS_SHOWN: Final = 50
TIMES: Final = ("since", "until")
DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")


def add_audit(app: App) -> None:
    app.command(audit)


def audit(
    *,
    principal: Annotated[str, Parameter(help="The id or the name of a key.")] = "",
    action: Annotated[str, Parameter(help="What was done: upload.published, dataset.removed, key.created, refused …")] = "",
    dataset: str = "",
    since: Annotated[str, Parameter(help="From this time on, as 2026-11-22 or 2026-11-22T08:00:00Z.")] = "",
    until: Annotated[str, Parameter(help="Before this time.")] = "",
    limit: Annotated[int, Parameter(help="At most so many; 0: all.")] = ROWS_SHOWN,
    json: Json = False,
    url: Url = "",
) -> None:
    """Who changed what, and who was turned away, the newest first. It needs a key that may do everything."""
    asked = {"principal": principal, "action": action, "dataset": dataset, "since": since, "until": until}
    options = AuditOptions(**{name: _whole(value) if name in TIMES else value for name, value in asked.items() if value})  # type: ignore[typeddict-item]
    with open_client(url) as client:
        found = islice(client.audit(**options), limit or None)
        if json:
            return print_json(found)
        shown = table("when", "who", "did", "dataset", "about", "how", "request")
        for event in found:
            shown.add_row(*row(*_cells(event)))
        return out().print(shown)


def _whole(time: str) -> str:
    """A day begins at midnight, in UTC as everywhere."""
    return f"{time}T00:00:00Z" if DAY.fullmatch(time) else time


def _cells(event: AuditEvent) -> tuple[str, ...]:
    detail = " ".join(f"{name}={value if isinstance(value, str) else as_json(value)}" for name, value in event.detail.items())
    when = f"{event.at:%Y-%m-%d %H:%M:%S}"
    return when, event.principal, event.action, event.dataset or "", event.object or "", detail, event.request_id
