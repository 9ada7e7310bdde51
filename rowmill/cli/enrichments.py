"""`rowmill enrichment`: columns of a dataset that come from a remote API."""

import sys
from itertools import islice
from typing import Annotated, Any, Final

from cyclopts import App, Parameter

from rowmill.cli.connect import Json, Url, open_client, pairs
from rowmill.cli.sources import SecretFile, Set, read_secret, settings_of
from rowmill.cli.terminal import out, print_json, row, safe, table
from rowmill.enrichment_shapes import Enrichment, EnrichmentPreview, EnrichmentRun

Fields = Annotated[
    tuple[str, ...],
    Parameter(
        name="--field",
        negative="",
        help="FIELD=TITLE, such as 'name.common=Country name': a field of a record, and its column. Repeatable.",
    ),
]
enrichment: Final = App(name="enrichment", help="Columns from a remote API: add, list, show, preview, run, remove.")


def add_enrichments(app: App) -> None:
    app.command(enrichment)


@enrichment.command
def add(
    name: str,
    *,
    kind: Annotated[str, Parameter(help="lookup (a request for each value) or list (fetched once and joined).")],
    dataset: str,
    column: Annotated[str, Parameter(help="Title or name of the column that is looked up.")],
    field: Fields,
    set: Set = (),
    on_upload: Annotated[bool, Parameter(negative="", help="After each upload too, for rows that have nothing of it yet.")] = False,
    hold: Annotated[bool, Parameter(negative="", help="Where a look-up failed, its upload stops before readers see it.")] = False,
    cron: Annotated[str, Parameter(help="When, such as '30 3 * * *' or @daily; only when told to, when not given.")] = "",
    zone: Annotated[str, Parameter(help="The time zone of --cron.")] = "UTC",
    secret_file: SecretFile = "",
    json: Json = False,
    url: Url = "",
) -> None:
    """Add an enrichment: the values of a column are looked up, and fields of the answers become columns."""
    more: dict[str, Any] = {"on_upload": on_upload, "on_warning": "hold" if hold else "publish", "schedule": cron, "time_zone": zone}
    if secret := read_secret(secret_file):
        more["secret"] = secret
    with open_client(url) as client:
        made = client.create_enrichment(name, kind, dataset, column, pairs(field), settings_of(set), **more)
    return print_json([made]) if json else _show_all([made])


@enrichment.command(name="list")
def list_(*, json: Json = False, url: Url = "") -> None:
    """List the enrichments, and what the last run of each came to."""
    with open_client(url) as client:
        return print_json(client.enrichments()) if json else _show_all(list(client.enrichments()))


@enrichment.command
def show(name: str, *, limit: int = 20, json: Json = False, url: Url = "") -> None:
    """Show an enrichment and its newest runs: how many values were found, are missing or failed, and why."""
    with open_client(url) as client:
        shown = client.enrichment(name)
        runs = list(islice(client.enrichment_runs(name), limit))
    if json:
        return print_json([shown, *runs])
    _show_all([shown])
    listed = table("run", "begun", "why", "state", "found", "missing", "failed", "")
    for run in runs:
        begun = f"{run.begun_at:%Y-%m-%d %H:%M:%S}" if run.begun_at else ""
        counts = [str(run.counts.found), str(run.counts.missing), str(run.counts.failed)] if run.counts else ["", "", ""]
        listed.add_row(*row(run.id, begun, run.cause, run.state, *counts, _why(run)))
    return out().print(listed)


@enrichment.command
def preview(name: str, *, json: Json = False, url: Url = "") -> None:
    """Ask for the values of the first ten rows, and show what a run would write. Nothing is kept."""
    with open_client(url) as client:
        made = client.preview_enrichment(name)
    return print_json([made]) if json else _show_preview(made)


@enrichment.command
def run(name: str, *, again: bool = False, wait: bool = False, timeout_s: float = 3600, json: Json = False, url: Url = "") -> None:
    """Run an enrichment now, over all rows. Ends with 1 when the run failed.

    Parameters
    ----------
    again
        Ask again for what was answered before, however new that is.
    wait
        Return when what it found can be searched.
    timeout_s
        Seconds to wait at most; then it ends with 1, and the run goes on.
    """
    with open_client(url) as client:
        started = client.run_enrichment(name, again=again)
        done = client.wait_for_enrichment(started, timeout_s=timeout_s) if wait else started
    if json:
        print_json([done])
    else:
        out().print(safe(_sentence(done)))
    if done.state == "FAILED":
        sys.exit(1)


@enrichment.command
def remove(name: str, *, url: Url = "") -> None:
    """Remove an enrichment and its history. Its columns stay; undo of its upload takes them away."""
    with open_client(url) as client:
        client.remove_enrichment(name)


def _sentence(run: EnrichmentRun) -> str:
    if run.error is not None:
        return f"{run.enrichment}: FAILED, run {run.id}: {run.error.get('detail', '')}"
    counts = run.counts
    told = f", {counts.found} values found, {counts.missing} missing, {counts.failed} failed" if counts else ""
    return f"{run.enrichment}: {run.state}{told}; run {run.id}"


def _why(run: EnrichmentRun) -> str:
    if run.error is not None:
        return run.error.get("detail", "")
    reasons = run.counts.reasons if run.counts else ()
    return "; ".join(f"{one.count}: {one.reason} ({', '.join(one.samples)})" for one in reasons[:3])


def _show_all(enrichments: list[Enrichment]) -> None:
    shown = table("enrichment", "kind", "dataset", "column", "fields", "on upload", "last run")
    for one in enrichments:
        fields = ", ".join(f"{field}={title}" for field, title in one.fields.items())
        last = "" if one.last_run is None else one.last_run.state
        shown.add_row(*row(one.name, one.kind, one.dataset, one.column, fields, "yes" if one.on_upload else "", last))
    out().print(shown)


def _show_preview(made: EnrichmentPreview) -> None:
    titles = list(made.columns)
    shown = table("row", "value", "outcome", *(f"{title} ({made.columns[title]})" for title in titles))
    for one in made.rows:
        fields = [(one.fields or {}).get(title) or "" for title in titles]
        shown.add_row(*row(one.row, one.value or "", one.reason or one.outcome, *fields))
    out().print(shown)
