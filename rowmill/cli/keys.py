"""`rowmill keys`: makes, lists and revokes the keys by which a server knows who asks."""

import sys
from typing import Annotated, Final

from cyclopts import App, Parameter

from rowmill.cli.connect import Json, Url, open_client
from rowmill.cli.terminal import out, print_json, row, safe, table

keys: Final = App(name="keys", help="The keys by which a server knows who asks: make, list, revoke.")


@keys.command
def create(
    name: str,
    *,
    scope: Annotated[tuple[str, ...], Parameter(negative="", help="read, upload, manage, metrics, or admin for all of it. Repeatable.")] = (
        "read",
    ),
    dataset: Annotated[tuple[str, ...], Parameter(negative="", help="A dataset's name, or the beginning of names and *. Repeatable.")] = (
        "*",
    ),
    days: Annotated[int | None, Parameter(help="Until it expires; for ever when not given.")] = None,
    json: Json = False,
    url: Url = "",
) -> None:
    """Make a key. It is printed this once: the server keeps no more than a hash of it."""
    with open_client(url) as client:
        made = client.create_key(name, scope, datasets=dataset, days=days)
    if json:
        return print_json([made])
    sys.stderr.write(f"{safe(made.name)} ({made.id}) may {', '.join(made.scopes)} in {safe(', '.join(made.datasets))}. Shown this once:\n")
    return out().print(made.key)


@keys.command(name="list")
def list_(*, json: Json = False, url: Url = "") -> None:
    """List all keys: what they may do, and when they were used last; not what they are."""
    with open_client(url) as client:
        if json:
            return print_json(client.keys())
        shown = table("key", "name", "may", "datasets", "last used", "expires", "revoked")
        listed = client.keys()
        for key in listed:
            times = (f"{time:%Y-%m-%d %H:%M}" if time else "" for time in (key.last_used_at, key.expires_at, key.revoked_at))
            shown.add_row(*row(key.id, key.name, ", ".join(key.scopes), ", ".join(key.datasets), *times))
        return out().print(shown)


@keys.command
def revoke(key_id: str, *, url: Url = "") -> None:
    """Revoke a key, by the id that `list` shows. No process takes it any more within seconds."""
    with open_client(url) as client:
        client.revoke_key(key_id)
