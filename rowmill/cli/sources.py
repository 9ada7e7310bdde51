"""`rowmill source` and `rowmill fetch`: places from which files come by themselves, and fetching from one now."""

import json as json_
import os
import sys
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import App, Parameter

from rowmill.cli.connect import Json, Misused, Option, Url, open_client, pairs
from rowmill.cli.terminal import out, print_json, row, safe, table
from rowmill.source_shapes import Run, Source

SECRET: Final = "ROWMILL_SOURCE_SECRET"
Set = Annotated[
    tuple[str, ...],
    Parameter(name="--set", negative="", help="NAME=VALUE of its place, such as url=https://…; JSON where it is no text. Repeatable."),
]
SecretFile = Annotated[
    str, Parameter(help=f"A file with its secret as JSON: token, or user and password, or headers; else {SECRET} holds that JSON.")
]
source: Final = App(name="source", help="Places from which files come by themselves: add, list, run, pause, resume, remove, history.")


def add_sources(app: App) -> None:
    app.command(source)
    app.command(fetch)


@source.command
def add(
    name: str,
    *,
    kind: Annotated[str, Parameter(help="url, s3, database, api or folder.")],
    dataset: str,
    set: Set = (),
    cron: Annotated[str, Parameter(help="When, such as '30 3 * * *' or @daily; only when told to, when not given.")] = "",
    zone: Annotated[str, Parameter(help="The time zone of --cron.")] = "UTC",
    jitter: Annotated[int, Parameter(help="Seconds up to which a run begins later, by chance.")] = 0,
    secret_file: SecretFile = "",
    option: Option = (),
    json: Json = False,
    url: Url = "",
) -> None:
    """Add a source: each file that it brings is an ordinary upload to its dataset, with --option NAME=VALUE as its options."""
    wanted: dict[str, Any] = {"name": name, "kind": kind, "dataset": dataset, "settings": settings_of(set), "options": pairs(option)}
    wanted |= {"schedule": cron, "time_zone": zone, "jitter_s": jitter}
    if secret := read_secret(secret_file):
        wanted["secret"] = secret
    with open_client(url) as client:
        made = client.create_source(**wanted)
    return print_json([made]) if json else _show([made])


@source.command(name="list")
def list_(*, json: Json = False, url: Url = "") -> None:
    """List the sources, when each runs next, and what its last run came to."""
    with open_client(url) as client:
        return print_json(client.sources()) if json else _show(list(client.sources()))


@source.command
def history(name: str, *, limit: int = 20, json: Json = False, url: Url = "") -> None:
    """List the newest runs of a source: what each brought, or why it failed."""
    with open_client(url) as client:
        runs = list(islice(client.source_runs(name), limit))
    if json:
        return print_json(runs)
    shown = table("run", "begun", "why", "state", "uploads", "findings", "")
    for run in runs:
        begun = f"{run.begun_at:%Y-%m-%d %H:%M:%S}" if run.begun_at else ""
        why = f"{run.cause}, {run.missed} more missed" if run.missed else run.cause
        shown.add_row(*row(run.id, begun, why, run.state, str(len(run.uploads)), str(run.findings), (run.error or {}).get("detail", "")))
    return out().print(shown)


@source.command
def run(name: str, *, again: bool = False, wait: bool = False, json: Json = False, url: Url = "") -> None:
    """Fetch from a source now, paused or not; as `rowmill fetch`.

    Parameters
    ----------
    again
        Also what has not changed.
    wait
        Return when what it brought can be searched. Ends with 1 when the run failed.
    """
    fetch(name, again=again, wait=wait, json=json, url=url)


@source.command
def pause(name: str, *, url: Url = "") -> None:
    """Let the schedule of a source rest."""
    with open_client(url) as client:
        client.pause_source(name)


@source.command
def resume(name: str, *, url: Url = "") -> None:
    """Go on by the schedule, from now on."""
    with open_client(url) as client:
        client.resume_source(name)


@source.command
def remove(name: str, *, url: Url = "") -> None:
    """Remove a source and its history. What it brought stays."""
    with open_client(url) as client:
        client.remove_source(name)


def fetch(name: str, *, again: bool = False, wait: bool = False, timeout_s: float = 3600, json: Json = False, url: Url = "") -> None:
    """Fetch from a source now: for Airflow, a CronJob, a shell. Ends with 1 when the run failed.

    Parameters
    ----------
    again
        Also what has not changed.
    wait
        Return when what it brought can be searched.
    timeout_s
        Seconds to wait at most; then it ends with 1, and the run goes on.
    """
    with open_client(url) as client:
        started = client.run_source(name, again=again)
        done = client.wait_for_run(started, timeout_s=timeout_s) if wait else started
    if json:
        print_json([done])
    else:
        out().print(safe(_sentence(done)))
    if done.state == "FAILED":
        sys.exit(1)


def _sentence(run: Run) -> str:
    if run.error is not None:
        return f"{run.source}: FAILED, run {run.id}: {run.error.get('detail', '')}"
    rows = sum(upload.rows for upload in run.uploads)
    brought = f", {len(run.uploads)} uploads, {rows} rows, {run.findings} findings" if run.uploads else ""
    return f"{run.source}: {run.state}{brought}; run {run.id}"


def _show(sources: list[Source]) -> None:
    shown = table("source", "kind", "dataset", "schedule", "next run", "last run")
    for each in sources:
        next_run = "paused" if each.paused else f"{each.next_run_at:%Y-%m-%d %H:%M} UTC" if each.next_run_at else ""
        last = "" if each.last_run is None else each.last_run.state
        shown.add_row(
            *row(each.name, each.kind, each.dataset, f"{each.schedule} {each.time_zone}" if each.schedule else "", next_run, last)
        )
    out().print(shown)


def settings_of(texts: tuple[str, ...]) -> dict[str, Any]:
    """A value is JSON where it reads as a list, an object or a number, else a text."""
    return {name: _value(text) for name, text in pairs(texts).items()}


def _value(text: str) -> Any:
    if not text[:1] or text[0] not in "[{0123456789":
        return text
    try:
        return json_.loads(text)
    except ValueError:
        return text


def read_secret(path: str) -> dict[str, Any]:
    text = Path(path).read_text() if path else os.environ.get(SECRET, "")
    if not text:
        return {}
    try:
        return dict(json_.loads(text))
    except (ValueError, TypeError):
        raise Misused('The secret is no JSON object, such as {"token": "…"} or {"user": "…", "password": "…"}.') from None
