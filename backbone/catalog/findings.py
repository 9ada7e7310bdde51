"""Findings in the catalog: kept by the stage that found them, so that a stage that is done again tells its own anew and no others."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import select, type_coerce, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.schema import chunks, uploads
from backbone.findings import Finding, merge_findings

Stage = Literal["scan", "start", "load", "merge"]
STAGES: Final[tuple[Stage, ...]] = ("scan", "start", "load", "merge")


def by_stage(stage: Stage, findings: Sequence[Finding]) -> dict[str, Any]:
    """As the column `uploads.findings` holds them."""
    return {stage: as_stored(findings)}


def as_stored(findings: Sequence[Finding]) -> Any:
    """As JSON that PostgreSQL takes: it has no text with a NUL in it, and a finding may quote any file."""
    return msgspec.json.decode(msgspec.json.encode(findings).replace(b"\\u0000", "␀".encode()))


def all_findings(kept: Mapping[str, Any]) -> tuple[Finding, ...]:
    """What all stages found, in the order of the stages."""
    return merge_findings(*(msgspec.convert(kept.get(stage, []), tuple[Finding, ...]) for stage in STAGES))


async def keep_findings(connection: AsyncConnection, upload_id: str, stage: Stage, findings: Sequence[Finding]) -> None:
    """Replaces what this stage found before."""
    added = uploads.c.findings.op("||")(type_coerce(by_stage(stage, findings), JSONB))
    await connection.execute(update(uploads).where(uploads.c.id == upload_id).values(findings=added))


async def merge_chunk_findings(connection: AsyncConnection, upload_id: str) -> tuple[Finding, ...]:
    """What the load of all chunks found, in file order."""
    query = select(chunks.c.findings).where(chunks.c.upload_id == upload_id).order_by(chunks.c.number)
    groups: Iterable[Any] = (await connection.execute(query)).scalars()
    return merge_findings(*(msgspec.convert(group, tuple[Finding, ...]) for group in groups))
