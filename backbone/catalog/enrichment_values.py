"""What an enrichment was answered for each value of its column. Written down as it comes, so that whoever goes on after a crash asks for the rest
alone, and so that the next run asks only for what is new, has failed, or is too old.

Values are known by a digest: they may be longer than an index takes.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final, Literal

from msgspec import Struct
from sqlalchemy import BindParameter, LargeBinary, bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.source_runs import RunRecord
from backbone.catalog.source_tables import enrichment_values as table

State = Literal["FOUND", "MISSING", "FAILED"]
SAMPLES_TOLD_MAX: Final = 5
REASONS_TOLD_MAX: Final = 20
REASON_CHARACTERS_MAX: Final = 300
SAMPLE_CHARACTERS_MAX: Final = 100


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of one value. `answer`: the chosen fields as a JSON array, of one that is FOUND; `reason`: of one that FAILED."""

    state: State
    answer: str | None = None
    reason: str | None = None


class FailedLookups(Struct, frozen=True, kw_only=True):
    reason: str
    count: int
    samples: tuple[str, ...]


class Tally(Struct, frozen=True, kw_only=True):
    """Of distinct values."""

    found: int = 0
    missing: int = 0
    failed: int = 0
    reasons: tuple[FailedLookups, ...] = ()  # why some failed, the most frequent first


def digest_of(value: str) -> bytes:
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).digest()


async def take_known(connection: AsyncConnection, run: RunRecord, values: Collection[str], asked_since: datetime) -> frozenset[bytes]:
    """Digests of those that need not be asked for (again): asked for by this run, whatever became of them; or since then, and not in vain.
    They are the run's now."""
    mine = (table.c.source_id == run.source_id, table.c.digest == func.any(_digests(values)))
    is_done = (table.c.run_id == run.id) | ((table.c.state != "FAILED") & (table.c.asked_at >= asked_since))
    taken = update(table).where(*mine, is_done).values(run_id=run.id).returning(table.c.digest)
    return frozenset(bytes(digest) for digest in (await connection.execute(taken)).scalars())


async def keep_outcomes(connection: AsyncConnection, run: RunRecord, outcomes: Mapping[str, Outcome]) -> None:
    rows = [
        {
            "source_id": run.source_id,
            "digest": digest_of(value),
            "value": value[:SAMPLE_CHARACTERS_MAX],
            "state": outcome.state,
            "answer": outcome.answer,
            "reason": None if outcome.reason is None else outcome.reason[:REASON_CHARACTERS_MAX],
            "run_id": run.id,
        }
        for value, outcome in sorted(outcomes.items())
    ]
    if not rows:
        return
    new = insert(table)
    changed = {name: new.excluded[name] for name in ("state", "answer", "reason", "run_id")}
    await connection.execute(
        new.on_conflict_do_update(index_elements=["source_id", "digest"], set_={**changed, "asked_at": func.clock_timestamp()}), rows
    )


async def outcomes_of(connection: AsyncConnection, run: RunRecord, values: Collection[str]) -> Mapping[bytes, Outcome]:
    """By digest, what the run knows of these."""
    query = select(table.c.digest, table.c.state, table.c.answer, table.c.reason).where(
        table.c.source_id == run.source_id, table.c.run_id == run.id, table.c.digest == func.any(_digests(values))
    )
    return {bytes(row.digest): Outcome(state=row.state, answer=row.answer, reason=row.reason) for row in await connection.execute(query)}


async def found_answers(connection: AsyncConnection, run: RunRecord, after: bytes, limit: int) -> Sequence[tuple[bytes, str]]:
    """The answers of all that the run has found, by digest."""
    query = select(table.c.digest, table.c.answer).where(
        table.c.source_id == run.source_id, table.c.run_id == run.id, table.c.state == "FOUND", table.c.digest > after
    )
    rows = await connection.execute(query.order_by(table.c.digest).limit(limit))
    return [(bytes(row.digest), str(row.answer)) for row in rows]


async def tally_of(connection: AsyncConnection, run: RunRecord) -> Tally:
    mine = (table.c.source_id == run.source_id, table.c.run_id == run.id)
    counts = {
        row.state: row.size
        for row in await connection.execute(select(table.c.state, func.count().label("size")).where(*mine).group_by(table.c.state))
    }
    failed = (*mine, table.c.state == "FAILED")
    samples = text(f"(array_agg(enrichment_values.value ORDER BY enrichment_values.value))[1:{SAMPLES_TOLD_MAX}] AS samples")
    told = select(table.c.reason, func.count().label("count"), samples).where(*failed).group_by(table.c.reason)
    rows = (await connection.execute(told.order_by(func.count().desc(), table.c.reason).limit(REASONS_TOLD_MAX))).mappings()
    reasons = tuple(FailedLookups(reason=row["reason"] or "", count=row["count"], samples=tuple(row["samples"])) for row in rows)
    return Tally(found=counts.get("FOUND", 0), missing=counts.get("MISSING", 0), failed=counts.get("FAILED", 0), reasons=reasons)


async def forget_old(connection: AsyncConnection, run: RunRecord, asked_since: datetime) -> None:
    """What no later run would take any more, and this one did not need."""
    old = (table.c.source_id == run.source_id, table.c.run_id != run.id, table.c.asked_at < asked_since)
    await connection.execute(delete(table).where(*old))


async def forget_values(connection: AsyncConnection, source_id: int) -> None:
    """What another place was asked for says nothing."""
    await connection.execute(delete(table).where(table.c.source_id == source_id))


def _digests(values: Collection[str]) -> BindParameter[Sequence[bytes]]:
    return bindparam("digests", [digest_of(value) for value in values], type_=ARRAY(LargeBinary), unique=True)
