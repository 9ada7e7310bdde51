"""What the command line prints for people."""

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from rowmill.cli.show_findings import show_findings
from rowmill.cli.terminal import as_json, line, row, table, text
from rowmill.shapes import Dataset, Page, Preview, Reject, Upload

CELL_CHARACTERS_MAX: Final = 80
PREVIEW_ROWS: Final = 10
REJECTS_SHOWN: Final = 5
COUNTS: Final = {
    "upsert": ("inserted", "updated", "unchanged", "duplicates"),
    "replace": ("inserted", "updated", "unchanged", "removed", "duplicates"),
    "update": ("updated", "unchanged", "missing", "duplicates"),
    "delete": ("deleted", "missing", "duplicates"),
}


def show_upload(out: Console, upload: Upload) -> None:
    seconds = upload.timings.get("total_s")
    took = f" in {seconds:.1f} s" if seconds is not None else ""
    name, dataset = (line(upload.file_name), "bold"), (line(upload.dataset), "bold")
    out.print(text(name, " → dataset ", dataset, f": {upload.state}{took}; upload {upload.id}"))
    out.print(text(f"  {upload.records or 0:,} records = {upload.rows:,} rows + {upload.rejects:,} rejects; {upload.indexed:,} documents"))
    if upload.inserted is not None:
        names = COUNTS.get(upload.mode, COUNTS["upsert"])
        counts = (f"{getattr(upload, name) or 0:,} {name}" for name in names)
        out.print(text(f"  {', '.join(counts)}"))
    show_findings(out, upload.findings)
    if upload.state == "HELD":
        out.print(text(f"  version {upload.version} is held: `rowmill publish {upload.id}` or `rowmill discard {upload.id}`"))
    if upload.error:
        out.print(text("  ", (line(str(upload.error.get("detail", ""))), "red")))


def show_rejects(out: Console, upload: Upload, rejects: Iterable[Reject]) -> None:
    """The first of them."""
    shown = table(
        "record", "line", "reason", "raw", title=f"{upload.rejects:,} rejects, the first of them (all: `rowmill rejects {upload.id}`)"
    )
    for reject in islice(rejects, REJECTS_SHOWN):
        shown.add_row(*row(str(reject.record), str(reject.line), reject.reason, line(reject.raw, CELL_CHARACTERS_MAX)))
    out.print(shown)


def show_page(out: Console, page: Page) -> None:
    about = "at least " if page.total.relation == "gte" else ""
    out.print(text(f"{about}{page.total.value:,} rows in ", (line(page.dataset), "bold"), f", version {page.version}"))
    if page.suggestions:
        out.print(text("Did you mean: ", (line(", ".join(page.suggestions)), "bold")))
    for hit in page.rows:
        marked = hit.highlight or {}
        cells = (_cell(name, value, marked.get(name)) for name, value in hit.values.items())
        out.print(Text("• ") + Text("  ").join(cells))
    if page.next_cursor:
        out.print(text((f"next page: --cursor {page.next_cursor}", "dim")))


def _cell(name: str, value: Any, fragments: Sequence[str] | None) -> Text:
    shown = _marked(" … ".join(fragments)) if fragments else text(_plain(value))
    return text((line(name), "dim"), " ") + shown


def _plain(value: Any, longest: int = CELL_CHARACTERS_MAX) -> str:
    if value is None:
        return ""
    return line(value if isinstance(value, str) else as_json(value), longest)


def _marked(fragment: str) -> Text:
    """The API marks hits in HTML: `a <mark>hit</mark>`."""
    parts = re.split("<mark>(.*?)</mark>", " ".join(fragment.split()), flags=re.DOTALL)
    return text(*((html.unescape(part), "bold yellow" if number % 2 else "") for number, part in enumerate(parts)))


def show_datasets(out: Console, datasets: Iterable[Dataset]) -> None:
    shown = table("dataset", "version", "rows")
    for dataset in datasets:
        shown.add_row(*row(dataset.name, str(dataset.version), f"{dataset.rows or 0:,}"))
    out.print(shown)


def show_uploads(out: Console, uploads: Iterable[Upload]) -> None:
    shown = table("upload", "file", "dataset", "state", "rows", "rejects", "created")
    shown.columns[0].no_wrap = True
    for upload in uploads:
        created = f"{upload.created_at:%Y-%m-%d %H:%M:%S}" if upload.created_at else ""
        shown.add_row(*row(upload.id, upload.file_name, upload.dataset, upload.state, f"{upload.rows:,}", f"{upload.rejects:,}", created))
    out.print(shown)


def show_preview(out: Console, preview: Preview) -> None:
    seen = "in the file" if preview.whole else "seen so far"
    out.print(text(f"{preview.records:,} records {seen}; {_dialect(preview.dialect)}"))
    shown = table(*(f"{line(column.title, CELL_CHARACTERS_MAX)} ({column.type})" for column in preview.columns))
    for values in preview.rows[:PREVIEW_ROWS]:
        shown.add_row(*row(*(_plain(value, 40) for value in values)))
    out.print(shown)
    for reject in preview.rejects:
        out.print(text((f"record {reject.record}: {line(reject.detail)}", "red")))
    show_findings(out, preview.findings)


def _dialect(dialect: Mapping[str, Any]) -> str:
    return line(", ".join(f"{name} {value!r}" for name, value in dialect.items() if value not in (None, "", 0)))
