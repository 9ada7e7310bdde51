"""The same file twice: which upload brought these bytes before, and whether loading them again could change anything."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ARRAY, RowMapping, Select, Text, bindparam, cast, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.schema import uploads, versions

# Options that do not change what a file becomes.
NOT_ABOUT_READING: Final = ("file_name", "dataset", "if_changed", "hold", "on_warning", "max_rejects", "shrink", "empty")

# A `key` is an option too. Uploads from before an option was invented count as different: loading again is the safe side.
_BRINGS_THE_SAME: Final = (
    uploads.c.sha256 == bindparam("sha256"),
    uploads.c.mode == bindparam("mode"),
    uploads.c.options.op("-")(cast(NOT_ABOUT_READING, ARRAY(Text))) == bindparam("about_reading", type_=JSONB),
)
_SAME: Final = (
    select(uploads.c.id)
    .where(uploads.c.dataset_id == bindparam("dataset"), uploads.c.state == "COMPLETE", *_BRINGS_THE_SAME)
    .order_by(uploads.c.version.desc())
    .limit(1)
)
_LATER: Final = uploads.alias("later")  # made once: an alias names all columns anew


async def same_upload(connection: AsyncConnection, dataset_id: int, sha256: str, mode: str, options: Mapping[str, Any]) -> str | None:
    """The newest COMPLETE upload of the dataset with these bytes, mode and options."""
    parameters = {"dataset": dataset_id, **_reading(sha256, mode, options)}
    return (await connection.execute(_SAME, parameters)).scalar()


async def loaded_already(connection: AsyncConnection, dataset: RowMapping, waiting: RowMapping) -> str | None:
    """The upload that makes `waiting` needless, if one does. To be asked when nothing of the dataset is under way.

    Rows appended once are in the dataset until something replaces it, so one such upload behind the last `replace` is enough. What
    `replace` and `upsert` leave depends on what came after them, so there it must be the current version's own file.
    """
    current = (versions.c.dataset_id == dataset["id"]) & (versions.c.number == dataset["version"])
    query = (
        select(uploads.c.id)
        .join(versions, current)
        .where(
            uploads.c.dataset_id == dataset["id"],
            uploads.c.state == "COMPLETE",
            uploads.c.version <= dataset["version"],
            *_BRINGS_THE_SAME,
        )
    )
    still_there = ~_replaced_since(dataset).exists() if waiting["mode"] == "append" else uploads.c.id == versions.c.upload_id
    newest = query.where(still_there).order_by(uploads.c.version.desc()).limit(1)
    return (await connection.execute(newest, _reading(waiting["sha256"], waiting["mode"], waiting["options"]))).scalar()


def _replaced_since(dataset: RowMapping) -> Select[Any]:
    return select(_LATER.c.id).where(
        _LATER.c.dataset_id == dataset["id"],
        _LATER.c.state == "COMPLETE",
        _LATER.c.mode == "replace",
        _LATER.c.version > uploads.c.version,
        _LATER.c.version <= dataset["version"],
    )


def _reading(sha256: str, mode: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of `_BRINGS_THE_SAME`."""
    about_reading = {name: value for name, value in options.items() if name not in NOT_ABOUT_READING}
    return {"sha256": sha256, "mode": mode, "about_reading": about_reading}
