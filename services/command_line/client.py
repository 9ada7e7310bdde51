"""Speaks to the API for the command line: uploads with a live progress bar, lists, problems as errors."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from backbone.errors import Rejected

BLOCK_BYTES: Final = 1024 * 1024
POLL_EVERY_S: Final = 0.2
TIMEOUT_S: Final = 60.0
ENDED: Final = ("COMPLETE", "HELD", "FAILED", "CANCELLED", "DISCARDED", "UNDONE", "UNCHANGED")

COLUMNS: Final = (
    SpinnerColumn(),
    TextColumn("{task.description}"),
    BarColumn(),
    TextColumn("{task.percentage:>3.0f} %"),
    TimeElapsedColumn(),
)


def open_client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=httpx.Timeout(TIMEOUT_S), headers={"User-Agent": "rowmill"})


def answer(response: httpx.Response) -> Any:
    """The JSON of an answer; a problem becomes `Rejected` with its sentence."""
    if response.is_success:
        return response.json()
    told = response.json() if "json" in response.headers.get("content-type", "") else {}
    raise Rejected(str(told.get("type", "http-error")), str(told.get("detail", f"{response.request.url} answered {response.status_code}.")))


def get(http: httpx.Client, path: str, **parameters: Any) -> Any:
    return answer(http.get(path, params=parameters))


def get_all(http: httpx.Client, path: str, name: str) -> list[Any]:
    """All items of a paged list."""
    items: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = get(http, path, limit=1000, **cursor)
        items += page[name]
        if page["next_cursor"] is None:
            return items
        cursor = {"cursor": page["next_cursor"]}


def upload(http: httpx.Client, file: Path, options: dict[str, str], *, wait: bool) -> Any:
    """Sends the file and returns the upload: as answered, or with `wait` when it has ended."""
    with Progress(*COLUMNS) as progress:
        bar = progress.add_task(f"{file.name}: uploading", total=max(1, file.stat().st_size))

        def blocks() -> Iterator[bytes]:
            with file.open("rb") as source:
                while block := source.read(BLOCK_BYTES):
                    yield block
                    progress.advance(bar, len(block))

        headers = {"Content-Type": "text/csv", "Content-Length": str(file.stat().st_size)}
        found = answer(http.post("/api/uploads", params=options, content=blocks(), headers=headers))
        return _watch(http, found, progress, bar) if wait else found


def retry(http: httpx.Client, upload_id: str, *, wait: bool) -> Any:
    found = answer(http.post(f"/api/uploads/{upload_id}/retry"))
    if not wait:
        return found
    with Progress(*COLUMNS) as progress:
        return _watch(http, found, progress, progress.add_task(found["file_name"]))


def _watch(http: httpx.Client, found: Any, progress: Progress, bar: TaskID) -> Any:
    """The upload when it has ended; the bar follows it until then."""
    progress.update(bar, total=1.0, completed=0.0)
    while found["state"] not in ENDED:
        time.sleep(POLL_EVERY_S)
        found = get(http, f"/api/uploads/{found['id']}")
        doing = found["stage"] or found["state"].lower()
        progress.update(bar, completed=found["progress"], description=f"{found['file_name']}: {doing}, {found['rows']:,} rows")
    return found
