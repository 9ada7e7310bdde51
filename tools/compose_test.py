"""`make compose-test`: the compose file brought up for real, a file through its front door, all of it away again; prints a table.

    python -m tools.compose_test

Needs docker with compose. Runs as a project and on a port of its own, so that what `make up` started stays as it is. KEEP=1 leaves it running.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import httpx

from tools.cluster_test.kube import Failed, load, run, wait_until

PROJECT: Final = "rowmill-compose-test"
PORT: Final = 18_080
HEALTHY_WITHIN_S: Final = 120.0
MESSY: Final = b'Price list of May\n\nname;price\nblue teapot;12,50\n"green cup,\nlarge";3,20\n'


class Composed:
    """The project in a folder of its own, which holds its passwords."""

    def __init__(self, folder: Path) -> None:
        run("tools/make_env", str(folder))
        written = dict(line.split("=", 1) for line in (folder / ".env").read_text().splitlines() if "=" in line)
        self._settings = written | {"ROWMILL_PORT": str(PORT)}
        self._file = folder / "settings.env"
        self._file.write_text("".join(f"{name}={value}\n" for name, value in self._settings.items()))

    def compose(self, *arguments: str) -> str:
        return run("docker", "compose", "--project-name", PROJECT, "--env-file", str(self._file), *arguments)

    def web(self) -> httpx.Client:
        key = self._settings["ROWMILL_FIRST_KEY"]
        return httpx.Client(base_url=f"http://127.0.0.1:{PORT}", timeout=60, headers={"Authorization": f"Bearer {key}"})

    def up(self) -> str:
        began = time.monotonic()
        self.compose("up", "--detach", "--wait", "--wait-timeout", "300")
        seconds = time.monotonic() - began
        if seconds > HEALTHY_WITHIN_S:
            raise Failed(f"healthy after {seconds:.0f} s, wanted {HEALTHY_WITHIN_S:.0f}")
        services = [json.loads(line)["Service"] for line in self.compose("ps", "--format", "json").splitlines()]
        return f"{len(services)} containers healthy after {seconds:.0f} s"

    def door(self) -> str:
        with self.web() as http:
            nobodys = httpx.get(http.base_url.join("/api/datasets"), timeout=60).status_code
            page = http.get("/").text
        if nobodys != 401 or "<html" not in page:
            raise Failed(f"without a key the datasets were answered {nobodys}; the page is {page[:200]!r}")
        return "401 without a key; the page is there"

    def upload_and_search(self) -> str:
        with self.web() as http:
            upload = load(http, MESSY, dataset="prices", mode="replace")
            rows = http.get("/api/datasets/prices/rows", params={"q": "teapot"}).json()
        if (upload["rows"], rows["total"]["value"]) != (2, 1):
            raise Failed(f"{upload['rows']} rows came in, a search for teapot found {rows['total']}")
        return f"a messy file: {upload['rows']} rows, {len(upload['findings'])} findings, 1 row found"

    def loses_a_parser(self) -> str:
        self.compose("kill", "parser")
        with self.web() as http:
            upload_id = http.post("/api/uploads", params={"dataset": "later"}, content=b"n\n1\n2\n").json()["id"]
            self.compose("up", "--detach", "--wait", "--wait-timeout", "120", "parser")
            wait_until(
                lambda: http.get(f"/api/uploads/{upload_id}").json()["state"] == "COMPLETE", 120, "what waited for a parser is loaded"
            )
        return "what came in without a parser was loaded by the next"

    def verify(self) -> str:
        return self.compose("exec", "-T", "query", "rowmill", "verify", "--deep").strip().splitlines()[-1]

    def down(self) -> str:
        self.compose("down", "--volumes", "--timeout", "60")
        return "and its volumes"


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="rowmill-compose-") as folder:
        composed = Composed(Path(folder))
        steps: Mapping[str, Callable[[], str]] = {
            "up": composed.up,
            "door": composed.door,
            "upload and search": composed.upload_and_search,
            "parsers are killed": composed.loses_a_parser,
            "verify --deep": composed.verify,
        }
        failed = False
        try:
            for name, step in steps.items():
                failed = failed or not told(name, step)
        finally:
            if not os.environ.get("KEEP"):
                failed = not told("down", composed.down) or failed
    return int(failed)


def told(name: str, step: Callable[[], str]) -> bool:
    began = time.monotonic()
    try:
        outcome, said = "ok", step()
    except Failed as error:
        outcome, said = "FAILED", str(error)
    sys.stdout.write(f"{outcome:6} {time.monotonic() - began:6.0f} s  {name:20} {said}\n")
    sys.stdout.flush()
    return outcome == "ok"


if __name__ == "__main__":
    sys.exit(main())
