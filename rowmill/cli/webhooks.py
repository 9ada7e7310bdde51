"""`rowmill webhook`: programs that are told what becomes of uploads."""

import sys
from itertools import islice
from typing import Annotated, Any, Final

from cyclopts import App, Parameter

from rowmill.cli.connect import Json, Url, open_client
from rowmill.cli.terminal import out, print_json, row, table

webhook: Final = App(name="webhook", help="Programs that are told what becomes of uploads: add, list, remove, deliveries, replay.")
Event = Annotated[
    tuple[str, ...], Parameter(negative="", help="upload.complete, upload.held, upload.failed, source.failed, dead-letter … Repeatable.")
]
Dataset = Annotated[tuple[str, ...], Parameter(negative="", help="A dataset's name, or the beginning of names and *. Repeatable.")]


def add_webhooks(app: App) -> None:
    app.command(webhook)


@webhook.command
def add(address: str, *, dataset: Dataset = ("*",), event: Event = (), json: Json = False, url: Url = "") -> None:
    """Have the program at an address told. The secret with which it can check who tells is printed this once."""
    events: dict[str, Any] = {"events": list(event)} if event else {}
    with open_client(url) as client:
        made = client.create_webhook(address, datasets=dataset, **events)
    if json:
        return print_json([made])
    sys.stderr.write(f"Webhook {made.id} is told of {', '.join(made.events)}. Its secret is shown this once:\n")
    return out().print(made.secret)


@webhook.command(name="list")
def list_(*, json: Json = False, url: Url = "") -> None:
    """List the webhooks; not their secrets."""
    with open_client(url) as client:
        webhooks = client.webhooks()
    if json:
        return print_json(webhooks)
    shown = table("webhook", "url", "datasets", "events", "paused")
    for each in webhooks:
        shown.add_row(*row(each.id, each.url, ", ".join(each.datasets), ", ".join(each.events), "paused" if each.paused else ""))
    return out().print(shown)


@webhook.command
def remove(webhook_id: str, *, url: Url = "") -> None:
    """Remove a webhook and its log."""
    with open_client(url) as client:
        client.remove_webhook(webhook_id)


@webhook.command
def deliveries(webhook_id: str, *, limit: int = 20, json: Json = False, url: Url = "") -> None:
    """List what a webhook was, or is to be, told, the newest first."""
    with open_client(url) as client:
        listed = list(islice(client.deliveries(webhook_id), limit))
    if json:
        return print_json(listed)
    shown = table("delivery", "event", "about", "state", "tries", "")
    for each in listed:
        shown.add_row(*row(each.id, each.event, each.subject, each.state, str(each.attempts), each.error or ""))
    return out().print(shown)


@webhook.command
def replay(webhook_id: str, delivery_id: str, *, url: Url = "") -> None:
    """Tell it once more: the same words under the same id."""
    with open_client(url) as client:
        client.replay_delivery(webhook_id, delivery_id)
