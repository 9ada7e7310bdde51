"""`rowmill dead-letters`: events that could not be handled. It speaks to PostgreSQL, so it works when no service runs."""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any, Final

import cyclopts
from cyclopts import Parameter
from sqlalchemy import RowMapping

from backbone.catalog.dead_letters import list_letters, read_letter, replay_letter, replayable
from backbone.errors import BadRequest
from backbone.postgres.engine import make_engine, transaction
from backbone.settings import read_settings
from backbone.wiring import postgres_url
from rowmill.cli.terminal import out, row, safe, table
from services.command_line.one_sentence import one_sentence

LIMIT_MAX: Final = 1000

dead_letters = cyclopts.App(name="dead-letters", help="Events that could not be handled: list them, look at one, replay them.")


@dead_letters.command(name="list")
@one_sentence
def list_(*, limit: Annotated[int, Parameter(help=f"At most this many, up to {LIMIT_MAX}.")] = 20) -> None:
    """List dead letters, the newest first."""
    if not 1 <= limit <= LIMIT_MAX:
        raise BadRequest("bad-limit", f"--limit must be 1 to {LIMIT_MAX}.")
    _show_all(asyncio.run(_list(limit)))


@dead_letters.command
@one_sentence
def show(letter_id: str) -> None:
    """Show one: what died, of what, with the traceback where it was a bug."""
    letter = asyncio.run(_read(letter_id))
    described: dict[str, Any] = {"id": letter["id"], "subject": letter["subject"], "died_at": str(letter["died_at"])}
    described |= {name: value for name, value in letter["data"].items() if name not in ("traceback", "event")}
    described["replayed_at"] = None if letter["replayed_at"] is None else str(letter["replayed_at"])
    if "event" in letter["data"]:
        described["event"] = json.loads(letter["data"]["event"])
    out().print_json(data=described)
    if "traceback" in letter["data"]:
        sys.stdout.write("\n".join(safe(written) for written in letter["data"]["traceback"].splitlines()) + "\n")


@dead_letters.command
@one_sentence
def replay(letter_id: str = "", *, all: bool = False) -> None:
    """Publish the original event of one again, or with --all of every one that was not replayed yet. What fails again dies again.

    An event of an upload that FAILED changes nothing: `rowmill retry UPLOAD` loads such a one anew.
    """
    if bool(letter_id) == all:
        raise BadRequest("bad-arguments", "Give the ID of a dead letter, or --all.")
    replayed = asyncio.run(_replay(letter_id))
    sys.stdout.write(f"{replayed} {'event' if replayed == 1 else 'events'} published again.\n")


async def _list(limit: int) -> Sequence[RowMapping]:
    engine = _engine()
    async with transaction(engine) as connection:
        dead = await list_letters(connection, limit=limit)
    await engine.dispose()
    return dead


async def _read(letter_id: str) -> RowMapping:
    engine = _engine()
    async with transaction(engine) as connection:
        dead = await read_letter(connection, letter_id)
    await engine.dispose()
    return dead


async def _replay(letter_id: str) -> int:
    """In one transaction: all of them, or none."""
    engine = _engine()
    async with transaction(engine) as connection:
        chosen = [letter_id] if letter_id else await replayable(connection)
        for one in chosen:
            await replay_letter(connection, one, by="the command line")
    await engine.dispose()
    return len(chosen)


def _engine() -> Any:
    return make_engine(postgres_url(read_settings(os.environ)), connections_max=1)


def _show_all(letters: Sequence[RowMapping]) -> None:
    shown = table("dead letter", "died", "group", "event", "reason", "about", "its upload", "replayed")
    for letter in letters:
        data = letter["data"]
        died = f"{letter['died_at']:%Y-%m-%d %H:%M:%S}"
        cells = (letter["id"], died, data["group"], data["event_type"], data["reason"], letter["subject"], letter["upload_state"] or "")
        shown.add_row(*row(*cells, "yes" if letter["replayed_at"] else "no"))
    out().print(shown)
