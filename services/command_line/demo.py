"""`rowmill demo`: starts the embedded home, loads the sample over HTTP, searches it, and keeps serving. `make demo` runs it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import cyclopts
import httpx
from cyclopts import Parameter

import services
from backbone.settings import Settings, read_settings
from rowmill.cli import show
from rowmill.cli.connect import open_client
from rowmill.cli.send import load
from rowmill.cli.terminal import out
from rowmill.client import Client
from services.command_line.one_sentence import one_sentence

SAMPLE: Final = Path(__file__).parents[2] / "samples" / "books.csv"
DATASET: Final = "books"
QUERY: Final = 'bees (cafe OR "train")'
START_TIMEOUT_S: Final = 60.0
STOP_TIMEOUT_S: Final = 30.0


@one_sentence
def demo(*, exit: Annotated[bool, Parameter(negative="", help="End after the search.")] = False) -> None:
    """Start Rowmill, load a sample with broken records in it, search it, and keep serving."""
    settings = read_settings(os.environ)
    url = settings.own_url
    with _running(settings, url) as server, open_client(url) as client:
        _load(client)
        _search(client)
        if exit:
            return
        out().print(
            f"\nOpen {url} in a browser: what was loaded just now is there to look at. API: {url}/api/docs/. Ctrl-C ends it.",
            style="bold green",
        )
        try:
            server.wait()
        except KeyboardInterrupt:
            out().print("Stopping.")


def _heading(title: str) -> None:
    out().print(f"\n── {title}", style="bold")


@contextmanager
def _running(settings: Settings, url: str) -> Iterator[subprocess.Popen[bytes]]:
    _heading("Starting Rowmill: four services, one process, nothing but pip packages")
    quiet = {"ROWMILL_ACCESS_LOG": "0", **os.environ}  # the demo itself asks every moment
    server = subprocess.Popen([sys.executable, "-m", services.__name__], env=quiet, start_new_session=True)
    try:
        _wait_until_ready(server, url)
        out().print(f"Ready at {url}; data lies in {settings.home_path}.")
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


def _load(client: Client) -> None:
    _heading(f"rowmill upload samples/{SAMPLE.name} --mode replace")
    done = load(client, SAMPLE, {"dataset": DATASET, "mode": "replace"})
    show.show_upload(out(), done)
    if done.state != "COMPLETE":
        sys.exit(1)
    show.show_rejects(out(), done, client.rejects(done, limit=show.REJECTS_SHOWN))


def _search(client: Client) -> None:
    _heading(f"rowmill search {DATASET} '{QUERY}'")
    first = client.page(DATASET, QUERY, highlight=True, limit=3)
    show.show_page(out(), first)
    if not first.rows:
        sys.exit("The search found nothing, though the sample has what it asks for.")
    _heading("its second page, by cursor")
    show.show_page(out(), client.page(DATASET, QUERY, highlight=True, limit=3, cursor=first.next_cursor))


if __name__ == "__main__":
    cyclopts.run(demo)
