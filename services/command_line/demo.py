"""The demonstration: starts the embedded home, loads the sample over HTTP, searches it, and keeps serving. `make demo` runs it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx
from rich.console import Console

from backbone.settings import Settings, read_settings
from services.command_line import client, show

SAMPLE: Final = Path(__file__).parents[2] / "samples" / "books.csv"
DATASET: Final = "books"
QUERY: Final = 'bees (cafe OR "train")'
START_TIMEOUT_S: Final = 60.0
STOP_TIMEOUT_S: Final = 30.0
out = Console()


def main(arguments: list[str]) -> None:
    settings = read_settings(os.environ)
    url = f"http://{settings.http_host}:{settings.http_port}"
    with _running(settings, url) as server, client.open_client(url) as http:
        _load(http)
        _search(http)
        if "--exit" in arguments:
            return
        out.print(f"\n[bold green]Rowmill keeps serving at {url}[/bold green] (API: {url}/api/docs/). Ctrl-C ends it.")
        try:
            server.wait()
        except KeyboardInterrupt:
            out.print("Stopping.")


@contextmanager
def _running(settings: Settings, url: str) -> Iterator[subprocess.Popen[bytes]]:
    out.rule("Starting Rowmill: four services, one process, nothing but pip packages")
    server = subprocess.Popen([sys.executable, "-m", "services"], start_new_session=True)
    try:
        _wait_until_ready(server, url)
        out.print(f"Ready at {url}; data lies in {settings.home_path}.")
        yield server
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(STOP_TIMEOUT_S)


def _wait_until_ready(server: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            sys.exit(f"Rowmill ended with {server.returncode} before it was ready; the lines above say why.")
        try:
            if httpx.get(f"{url}/health/ready").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    sys.exit(f"Rowmill did not get ready in {START_TIMEOUT_S:.0f} s.")


def _load(http: httpx.Client) -> None:
    out.rule(f"rowmill upload samples/{SAMPLE.name} --mode replace")
    done = client.upload(http, SAMPLE, {"file_name": SAMPLE.name, "dataset": DATASET, "mode": "replace"}, wait=True)
    show.upload(done)
    if done["state"] != "COMPLETE":
        sys.exit(1)
    show.rejects(done, client.get(http, f"/api/uploads/{done['id']}/rejects", limit=5))


def _search(http: httpx.Client) -> None:
    out.rule(f"rowmill search {DATASET} '{QUERY}'")
    first = client.get(http, f"/api/datasets/{DATASET}/rows", q=QUERY, highlight=True, limit=3)
    show.rows(first)
    if not first["rows"]:
        sys.exit("The search found nothing, though the sample has what it asks for.")
    out.rule("its second page, by cursor")
    show.rows(client.get(http, f"/api/datasets/{DATASET}/rows", q=QUERY, highlight=True, limit=3, cursor=first["next_cursor"]))


if __name__ == "__main__":
    main(sys.argv[1:])
