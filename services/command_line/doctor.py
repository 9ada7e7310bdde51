"""`rowmill doctor`: looks at everything that a Rowmill needs where it is called, and says what is wrong and what to do. It changes nothing in
the database; the embedded PostgreSQL is started for as long as it looks."""

import asyncio
import os
import shutil
import socket
import stat
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit
from urllib.request import url2pathname

import msgspec
from cyclopts import Parameter
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.errors import Rejected, Unavailable
from backbone.files.open import open_files
from backbone.http.door import asks_for_keys, door_of
from backbone.postgres.engine import make_engine
from backbone.postgres.facts import VERSION_MIN, ServerFacts, known_steps, server_facts
from backbone.settings import Settings, read_settings
from backbone.wiring import EMBEDDED, files_url, open_index, open_log, postgres_url
from rowmill.cli.terminal import out, row, table

FREE_BYTES_MIN: Final = 2 * 1024**3
CLOCK_OFF_S_MAX: Final = 2.0
PATIENCE_S: Final = 10.0
TRIED_FILE: Final = "doctor"  # written and removed: that a store answers does not tell that files can be written
STYLES: Final = {"well": "green", "look": "bold yellow", "wrong": "bold red"}


class Finding(Struct, frozen=True):
    """`do`: what to do; empty where all is well."""

    what: str
    how: Literal["well", "look", "wrong"]
    said: str
    do: str = ""


def doctor(*, json: Annotated[bool, Parameter(name="--json", negative="", help="One object a line.")] = False) -> None:
    """Say what is wrong here, and what to do: settings, disk, permissions, port, servers, versions, clocks, schema. Ends with 1 where something is."""
    findings = asyncio.run(_all())
    if json:
        sys.stdout.write("".join(f"{msgspec.json.encode(finding).decode()}\n" for finding in findings))
    else:
        shown = table("what", "how", "found", "what to do")
        for finding in findings:
            cells = row(finding.what, finding.how, finding.said, finding.do)
            cells[1].stylize(STYLES[finding.how])
            shown.add_row(*cells)
        out().print(shown)
    if any(finding.how == "wrong" for finding in findings):
        sys.exit(1)


async def _all() -> list[Finding]:
    try:
        settings = read_settings(os.environ)
        door_of(settings)
    except Rejected as error:
        return [Finding("settings", "wrong", error.detail, "Mend that; nothing else was looked at.")]
    findings = [Finding("settings", "well", f"Rowmill {version('rowmill')}, Python {sys.version.split()[0]}"), _port(settings)]
    findings += [finding for name, folder in _folders(settings) for finding in look_at_folder(name, folder)]
    async for finding in _servers(settings):
        findings.append(finding)
    return findings


def _port(settings: Settings) -> Finding:
    where = f"{settings.http_host}:{settings.http_port}"
    keys = "asks for keys" if asks_for_keys(settings) else "asks nobody who they are"
    with socket.socket(socket.AF_INET6 if ":" in settings.http_host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.http_host, settings.http_port))
        except OSError as error:
            advice = "If that is a Rowmill that runs, all is well; else stop what listens there, or set ROWMILL_HTTP_PORT."
            return Finding("port", "look", f"{where}: {error.strerror}", advice)
    return Finding("port", "well", f"{where} is free; Rowmill {keys} there")


def _folders(settings: Settings) -> Iterator[tuple[str, Path]]:
    if settings.postgres_url == EMBEDDED or not settings.files_url:
        yield "home", settings.home_path
    parts = urlsplit(settings.files_url)
    if parts.scheme == "file":
        yield "files", Path(url2pathname(parts.path))


def look_at_folder(name: str, folder: Path) -> Iterator[Finding]:
    """Whether it can be used, is for its owner alone, and has room."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not there.is_dir():
        yield Finding(name, "wrong", f"{there} is no folder", "Name another one, or move that away.")
        return
    if not os.access(there, os.W_OK | os.X_OK):
        yield Finding(name, "wrong", f"{there} cannot be written to", f"Give it to this user (id {os.getuid()}), or name another one.")
        return
    if folder.exists() and stat.S_IMODE(folder.stat().st_mode) & 0o077:
        yield Finding(name, "look", f"{folder} is open to other users", f"chmod 700 {folder}")
    free = shutil.disk_usage(there).free
    said = f"{folder}{'' if folder.exists() else ' will be made'}; {free / 1024**3:.1f} GiB free"
    if free < FREE_BYTES_MIN:
        yield Finding(name, "wrong", said, f"Make room: below {FREE_BYTES_MIN / 1024**3:.0f} GiB loads and merges stop, and wait.")
    else:
        yield Finding(name, "well", said)


async def _servers(settings: Settings) -> AsyncIterator[Finding]:
    try:
        engine = make_engine(await asyncio.to_thread(postgres_url, settings), connections_max=2)
    except (Rejected, Unavailable) as error:
        yield Finding(
            "postgresql", "wrong", error.detail, "Without it nothing else can be looked at. Is ROWMILL_POSTGRES_URL right, and does it run?"
        )
        return
    try:
        try:
            facts = await asyncio.wait_for(server_facts(engine), PATIENCE_S)
        except (Unavailable, TimeoutError) as error:
            yield Finding("postgresql", "wrong", _said(error), "Does it run, and is ROWMILL_POSTGRES_URL right?")
        else:
            for finding in judge(facts, settings, known_steps()):
                yield finding
        for name, variable, check in _checks(settings, engine):
            yield await _ask(name, variable, check)
    finally:
        await engine.dispose()


def judge(facts: ServerFacts, settings: Settings, steps: tuple[str, ...]) -> Iterator[Finding]:
    """What a PostgreSQL says of itself. Pure."""
    said = f"PostgreSQL {facts.version}, {facts.connections} of {facts.connections_max} connections taken"
    if facts.version < VERSION_MIN:
        yield Finding("postgresql", "wrong", said, f"Rowmill needs PostgreSQL {VERSION_MIN} or newer.")
    elif facts.is_read_only:
        yield Finding("postgresql", "wrong", f"{said}; it takes no writes", "Is it a standby? Name the primary in ROWMILL_POSTGRES_URL.")
    elif facts.connections_max < 2 * settings.postgres_connections_max + settings.readers_max:
        advice = (
            "One process may take more: raise max_connections there, or lower ROWMILL_POSTGRES_CONNECTIONS_MAX and ROWMILL_READERS_MAX."
        )
        yield Finding("postgresql", "look", said, advice)
    else:
        yield Finding("postgresql", "well", said)
    if abs(facts.clock_s) > CLOCK_OFF_S_MAX:
        yield Finding(
            "clocks",
            "look",
            f"PostgreSQL's is {facts.clock_s:+.0f} s off from this machine's",
            "Set both by NTP: ends of keys and ages of queues are told by them.",
        )
    else:
        yield Finding("clocks", "well", f"{abs(facts.clock_s) * 1000:.0f} ms apart")
    if not facts.step:
        yield Finding("schema", "well", "none yet; the first start makes it")
    elif facts.step not in steps:
        yield Finding(
            "schema", "wrong", f"step {facts.step}, which this Rowmill does not know", "It is of a newer Rowmill: install that one."
        )
    elif facts.step != steps[0]:
        yield Finding(
            "schema",
            "look",
            f"step {facts.step}, and the newest is {steps[0]}",
            "`rowmill migrate`, or the next start, brings it up to date.",
        )
    else:
        yield Finding("schema", "well", f"step {facts.step}, up to date")


def _checks(settings: Settings, engine: AsyncEngine) -> Iterator[tuple[str, str, Callable[[], Awaitable[None]]]]:
    async def files() -> None:
        store = open_files(files_url(settings))
        try:
            await store.put(TRIED_FILE, _nothing())
            await store.delete(TRIED_FILE)
        finally:
            await store.close()

    async def events() -> None:
        log = open_log(settings.events_url, engine, settings.partitions)
        try:
            await log.check()
        finally:
            await log.close()

    async def search() -> None:
        index = open_index(settings, engine, engine, engine)
        try:
            await index.check()
        finally:
            await index.close()

    yield from (("files", "ROWMILL_FILES_URL", files), ("events", "ROWMILL_EVENTS_URL", events), ("search", "ROWMILL_SEARCH_URL", search))


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""


async def _ask(name: str, variable: str, check: Callable[[], Awaitable[None]]) -> Finding:
    began = time.perf_counter()
    try:
        await asyncio.wait_for(check(), PATIENCE_S)
    except Rejected as error:
        return Finding(name, "wrong", error.detail, f"Mend {variable}.")
    except (Unavailable, TimeoutError) as error:
        return Finding(name, "wrong", _said(error), f"Does it run, is it reached from here, and is {variable} right?")
    return Finding(name, "well", f"answers in {(time.perf_counter() - began) * 1000:.0f} ms")


def _said(error: Exception) -> str:
    return error.detail if isinstance(error, Unavailable) else f"no answer in {PATIENCE_S:.0f} s"
