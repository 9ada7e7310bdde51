"""What the command line prints."""

import html
import json
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from services.indexer.audit.verify import Verified

out = Console()


def upload(found: dict[str, Any]) -> None:
    seconds = found["timings"]["total_s"]
    took = f" in {seconds:.1f} s" if seconds is not None else ""
    out.print(f"[bold]{escape(found['file_name'])}[/bold] → dataset [bold]{found['dataset']}[/bold]: {found['state']}{took}")
    out.print(
        f"  {found['records'] or 0:,} records = {found['rows']:,} rows + {found['rejects']:,} rejects; {found['indexed']:,} documents"
    )
    if found["mode"] == "upsert" and found["inserted"] is not None:
        counts = ", ".join(f"{found[name]:,} {name}" for name in ("inserted", "updated", "unchanged", "duplicates"))
        out.print(f"  {counts}")
    if found["state"] == "HELD":
        out.print(f"  version {found['version']} is held: `rowmill publish {found['id']}` or `rowmill discard {found['id']}`")
    if found["error"]:
        out.print(f"  [red]{escape(found['error']['detail'])}[/red]")


def rejects(found: dict[str, Any], page: dict[str, Any]) -> None:
    table = Table(
        title=f"{found['rejects']:,} rejects, the first of them (all: /api/uploads/{found['id']}/rejects.csv)", title_justify="left"
    )
    for name in ("record", "line", "reason", "raw"):
        table.add_column(name)
    for reject in page["rejects"]:
        raw = reject["raw"].strip()
        table.add_row(str(reject["record"]), str(reject["line"]), reject["reason"], escape(raw[:80] + ("…" if len(raw) > 80 else "")))
    out.print(table)


def rows(page: dict[str, Any]) -> None:
    about = "at least " if page["total"]["relation"] == "gte" else ""
    out.print(f"{about}{page['total']['value']:,} rows in [bold]{page['dataset']}[/bold], version {page['version']}")
    for row in page["rows"]:
        marked = {name: " … ".join(found) for name, found in (row.get("highlight") or {}).items()}
        cells = [
            f"[dim]{name}[/dim] {_marked(marked[name]) if name in marked else escape(_plain(value))}"
            for name, value in row["values"].items()
        ]
        out.print("• " + "  ".join(cells))
    if page["next_cursor"]:
        out.print(f"[dim]next page: --cursor {page['next_cursor']}[/dim]", soft_wrap=True)


def _plain(value: Any, longest: int = 80) -> str:
    text = "" if value is None else " ".join((value if isinstance(value, str) else json.dumps(value)).split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _marked(fragment: str) -> str:
    plain = escape(" ".join(html.unescape(fragment.replace("<mark>", "\1").replace("</mark>", "\2")).split()))
    return plain.replace("\1", "[bold yellow]").replace("\2", "[/bold yellow]")


def datasets(found: list[dict[str, Any]]) -> None:
    table = Table("dataset", "version", "rows")
    for dataset in found:
        table.add_row(dataset["name"], str(dataset["version"]), f"{dataset['rows'] or 0:,}")
    out.print(table)


def uploads(found: list[dict[str, Any]]) -> None:
    table = Table("upload", "file", "dataset", "state", "rows", "rejects", "created")
    for each in found:
        table.add_row(
            each["id"],
            escape(each["file_name"]),
            each["dataset"],
            each["state"],
            f"{each['rows']:,}",
            f"{each['rejects']:,}",
            each["created_at"],
        )
    out.print(table)


def verified(found: Verified, deep: bool) -> None:
    """One line a dataset, or one a difference: plain and never wrapped, for scripts read them too."""
    for told in found.differences:
        out.print(told, markup=False, highlight=False, soft_wrap=True)
    if found.differences:
        return
    what = f"version {found.version}, {found.versions} kept, {found.uploads} uploads: {found.rows or 0:,} rows, {found.documents or 0:,} documents"
    same = "every value the same in file, PostgreSQL and index" if deep else "everything adds up"
    out.print(f"{found.dataset}: {what if found.version else 'no version yet'}; {same}", markup=False, highlight=False, soft_wrap=True)


def preview(found: dict[str, Any]) -> None:
    dialect = ", ".join(f"{name} {value!r}" for name, value in found["dialect"].items() if value not in (None, "", 0))
    out.print(f"{found['records']:,} records {'in the file' if found['whole'] else 'seen so far'}; {dialect}", highlight=False)
    table = Table(*(f"{escape(column['title'])}\n[dim]{column['type']}[/dim]" for column in found["columns"]))
    for row in found["rows"][:10]:
        table.add_row(*(escape(_plain(value, 40)) for value in row))
    out.print(table)
    for reject in found["rejects"]:
        out.print(f"[red]record {reject['record']}: {escape(reject['detail'])}[/red]")
