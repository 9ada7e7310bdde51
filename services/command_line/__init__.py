"""The command line `rowmill`: the services, and a client of their API."""

import asyncio
import os
import sys
from typing import Annotated, Literal

import cyclopts
import httpx
from cyclopts import Parameter
from cyclopts.types import ExistingFile
from rich.console import Console

from backbone.errors import Rejected, Unavailable
from backbone.runtime.logging import start_logging
from backbone.settings import Settings, read_settings
from services.command_line import client, maintain, show
from services.command_line.acts import add_acts
from services.command_line.letters import dead_letters

app = cyclopts.App(name="rowmill", help="CSV files of any size and any mess, in searchable tables within seconds.")
Url = Annotated[str, Parameter(help="Where Rowmill answers; by default where ROWMILL_HTTP_HOST and _PORT say.")]
Option = Annotated[tuple[str, ...], Parameter(help="NAME=VALUE, any option that the API has: `--option 'delimiter=;'`. Repeatable.")]
PREVIEW_BYTES = 64 * 1024 + 1  # the API looks at 64 KiB; one byte more tells it that there is more
errors = Console(stderr=True)


@app.command
def serve(*services: str) -> None:
    """Run all services in one process, or only the named ones (upload, parser, indexer, query)."""
    from services.__main__ import check_names, serve

    settings = _settings()
    start_logging(settings.log_level)
    check_names(services)
    where = f"http://{settings.http_host}:{settings.http_port}"
    asyncio.run(serve(settings, services, lambda: errors.print(f"Rowmill listens at {where} (API: {where}/api/docs/)")))


@app.command
def upload(
    file: ExistingFile,
    *,
    dataset: str = "",
    mode: Literal["append", "upsert", "replace"] = "append",
    key: Annotated[str, Parameter(help="With --mode upsert: the columns that name a row, comma between.")] = "",
    hold: Annotated[bool, Parameter(help="Stop before readers see it; then `rowmill publish` or `rowmill discard`.")] = False,
    option: Annotated[
        tuple[str, ...], Parameter(help="NAME=VALUE, any option that the API has: `--option 'delimiter=;'`. Repeatable.")
    ] = (),
    wait: bool = True,
    url: Url = "",
) -> None:
    """Upload a CSV file, watch it load, and tell what became of it. Ends with 1 when it failed."""
    given = {"file_name": file.name, "dataset": dataset, "mode": mode, "key": key, "hold": "true" if hold else "", **_pairs(option)}
    with client.open_client(_url(url)) as http:
        done = client.upload(http, file, {name: value for name, value in given.items() if value}, wait=wait)
        show.upload(done)
        if done["rejects"]:
            show.rejects(done, client.get(http, f"/api/uploads/{done['id']}/rejects", limit=5))
    if done["state"] == "FAILED":
        sys.exit(1)


@app.command
def retry(upload_id: str, *, wait: bool = True, url: Url = "") -> None:
    """Load a failed upload again from its stored file, and tell what became of it. Ends with 1 when it failed again."""
    with client.open_client(_url(url)) as http:
        done = client.retry(http, upload_id, wait=wait)
        show.upload(done)
    if done["state"] == "FAILED":
        sys.exit(1)


@app.command
def preview(file: ExistingFile, *, option: Option = (), url: Url = "") -> None:
    """Show what a file would become: dialect, columns with their types so far, the first rows. Nothing is stored."""
    with file.open("rb") as source, client.open_client(_url(url)) as http:
        sample = source.read(PREVIEW_BYTES)
        show.preview(client.answer(http.post("/api/preview", params=_pairs(option), content=sample)))


@app.command
def search(
    dataset: str,
    query: str = "",
    *,
    filter: tuple[str, ...] = (),
    sort: str = "",
    limit: int = 10,
    cursor: str = "",
    url: Url = "",
) -> None:
    """Search the rows of a dataset: words, "a phrase", -not, this OR that, prefix*."""
    given = {"q": query, "sort": sort, "cursor": cursor}
    with client.open_client(_url(url)) as http:
        parameters = {name: value for name, value in given.items() if value}
        page = client.get(http, f"/api/datasets/{dataset}/rows", limit=limit, highlight=bool(query), filter=list(filter), **parameters)
    show.rows(page)


@app.command
def datasets(*, url: Url = "") -> None:
    """List the datasets."""
    with client.open_client(_url(url)) as http:
        show.datasets(client.get_all(http, "/api/datasets", "datasets"))


@app.command
def uploads(*, dataset: str = "", limit: int = 20, url: Url = "") -> None:
    """List the newest uploads."""
    with client.open_client(_url(url)) as http:
        show.uploads(client.get(http, "/api/uploads", limit=limit, **({"dataset": dataset} if dataset else {}))["uploads"])


app.command(dead_letters)
add_acts(app, lambda given: _url(given))


@app.command
def migrate() -> None:
    """Bring the PostgreSQL schema up to date. Serving does this too; a rollout may want it done before."""
    asyncio.run(maintain.migrate_schema(_settings()))
    errors.print("The schema is up to date.")


@app.command
def index(*datasets: str, repair: Annotated[bool, Parameter(help="Mend what differs while readers go on.")] = False) -> None:
    """Create or rebuild the search index of the named datasets, or of all, from PostgreSQL. Searches find nothing meanwhile."""
    if repair:
        for name, mended in asyncio.run(maintain.repair_indices(_settings(), datasets)).items():
            errors.print(f"{name}: {mended.put} documents put again, {mended.deleted} deleted")
        return
    for name, count in asyncio.run(maintain.rebuild_indices(_settings(), datasets)).items():
        errors.print(f"{name}: {count} documents")


@app.command
def verify(
    *datasets: str,
    deep: Annotated[bool, Parameter(help="Every value: the stored file, read again, against PostgreSQL, against the index.")] = False,
) -> None:
    """Check the named datasets, or all: file = rows + rejects, rows = documents. Names each difference, and ends with 1 if there is one."""
    if not asyncio.run(_verify(datasets, deep)):
        sys.exit(1)


async def _verify(datasets: tuple[str, ...], deep: bool) -> bool:
    is_whole = True
    async for found in maintain.verify_datasets(_settings(), datasets, deep=deep):
        show.verified(found, deep)
        is_whole = is_whole and not found.differences
    return is_whole


def _pairs(options: tuple[str, ...]) -> dict[str, str]:
    return dict(each.partition("=")[::2] for each in options)


def _settings() -> Settings:
    return read_settings(os.environ)


def _url(given: str) -> str:
    settings = _settings()
    return given or f"http://{settings.http_host}:{settings.http_port}"


def run() -> None:
    """The entry point: an error that a person can act on is one sentence, not a traceback."""
    try:
        app()
    except (Rejected, Unavailable) as error:
        errors.print(f"[red]{error.detail}[/red]")
        sys.exit(1)
    except httpx.TransportError as error:
        errors.print(f"[red]Rowmill does not answer ({error}). Is it running? `rowmill serve` starts it.[/red]")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
