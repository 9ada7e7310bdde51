"""Guards: what is almost surely wrong is not published, and the version before stays. Pure.

Each gives its finding, which names the option that lets the file pass. A guard compares with what is there only where there is enough of
it to compare with (`docs/decisions/0022-guards.md`).
"""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from backbone.findings import Finding, Place, Suggestion
from backbone.lifecycle.reject_limit import rejects_allowed
from backbone.model import Column, Mode

REJECTS_MAX_USUAL: Final = "50%"
SHRINK_ROWS_MIN: Final = 20  # of the version before: fewer can go to nearly none on a quiet day
SHRINK_TO: Final = 10  # to less than one in so many


class Loaded(Struct, frozen=True, kw_only=True):
    """What the load of an upload came to."""

    mode: Mode
    records: int
    rows: int
    rejects: int
    rows_before: int  # of the version that readers see
    options: Mapping[str, Any]
    dataset_max_rejects: str = ""  # that of the dataset, which no option lifts


def guard_loaded(loaded: Loaded) -> Finding | None:
    """The finding of level stop, if there is one."""
    return _too_many_for_dataset(loaded) or _too_many_rejects(loaded) or _nothing_left(loaded) or _shrinks(loaded)


def tell_emptied(loaded: Loaded) -> list[Finding]:
    """Somebody asked for it by empty=true, and a reader of the history sees why there is nothing."""
    if loaded.mode != "replace" or loaded.rows or not loaded.rows_before:
        return []
    return [Finding(code="emptied", level="info", message="The file has no rows, so the dataset is empty now, as empty=true allows.")]


def tell_not_compared(before: Sequence[Column], key: Sequence[str]) -> list[Finding]:
    """Of a replacement whose key the version before does not have."""
    known = {column.name for column in before}
    missing = [name for name in key if name not in known]
    if not missing:
        return []
    message = (
        f"The version before has no column {', '.join(missing)}, so it cannot be compared by key: all its rows count as removed, and all of "
        "the file as inserted. Is the column called otherwise there?"
    )
    return [Finding(code="key-not-compared", level="warning", message=message, count=len(missing), column=missing[0])]


def tell_repeated_keys(mode: Mode, key: Sequence[str], duplicates: int, places: Sequence[Place] = ()) -> list[Finding]:
    """A file that is a whole state names each row once; one of changes may well name one several times."""
    if not duplicates:
        return []
    column = ", ".join(key)
    message = (
        f"{duplicates} records have a key ({column}) that a later record of the file has too; the last one of each key was taken. "
        "If they are rows of their own, name more columns with key=."
    )
    return [
        Finding(
            code="keys-repeated", level="warning" if mode == "replace" else "info", message=message, count=duplicates, places=tuple(places)
        )
    ]


def _too_many_for_dataset(loaded: Loaded) -> Finding | None:
    allowed = rejects_allowed(loaded.dataset_max_rejects, loaded.records)
    if allowed is None or loaded.rejects <= allowed:
        return None
    return Finding(
        code="many-rejects",
        level="stop",
        message=f"{loaded.rejects} of {loaded.records} records were rejected, and the dataset's own guard (max_rejects={loaded.dataset_max_rejects}) "
        f"allows {allowed}, whatever the upload says. Nothing was published. Mend the file, or have the dataset's guards changed.",
        count=loaded.rejects,
    )


def _too_many_rejects(loaded: Loaded) -> Finding | None:
    stated = str(loaded.options.get("max_rejects") or "")
    allowed = rejects_allowed(stated or REJECTS_MAX_USUAL, loaded.records)
    if allowed is None or loaded.rejects <= allowed:
        return None
    limit = f"max_rejects={stated} allows {allowed}" if stated else "more than half; max_rejects=100% lets the others pass"
    return Finding(
        code="many-rejects",
        level="stop",
        message=f"{loaded.rejects} of {loaded.records} records were rejected ({limit}). Nothing was published. Is the dialect right?",
        count=loaded.rejects,
        suggest=Suggestion(option="max_rejects", value="100%"),
    )


def _nothing_left(loaded: Loaded) -> Finding | None:
    if loaded.mode != "replace" or loaded.rows or loaded.options.get("empty"):
        return None
    return Finding(
        code="no-rows",
        level="stop",
        message="No row is left of the file, and with mode=replace the dataset would be empty. Nothing was published; empty=true allows it.",
        suggest=Suggestion(option="empty", value="true"),
    )


def _shrinks(loaded: Loaded) -> Finding | None:
    before = loaded.rows_before
    is_allowed = loaded.options.get("shrink") == "allow" or (loaded.options.get("empty") and not loaded.records)
    if loaded.mode != "replace" or is_allowed or before < SHRINK_ROWS_MIN or loaded.rows * SHRINK_TO >= before:
        return None
    return Finding(
        code="dataset-shrinks",
        level="stop",
        message=f"The file has {loaded.rows} rows, and the version that it would replace has {before}. Nothing was published; shrink=allow "
        "lets it pass.",
        count=before - loaded.rows,
        suggest=Suggestion(option="shrink", value="allow"),
    )


def guard_titles(before: Sequence[Column], columns: Sequence[Column], options: Mapping[str, Any]) -> Finding | None:
    """For `mode=replace`: a file that has none of the titles of the version before is probably another dataset's."""
    if options.get("shrink") == "allow" or not before or _words(before) & _words(columns):
        return None
    theirs, ours = (", ".join(column.title or column.name for column in group[:5]) for group in (columns, before))
    return Finding(
        code="nothing-in-common",
        level="stop",
        message=f"The file's columns ({theirs}) have no title in common with the version that it would replace ({ours}). Nothing was "
        "published; shrink=allow lets it pass.",
        suggest=Suggestion(option="shrink", value="allow"),
    )


def _words(columns: Sequence[Column]) -> set[str]:
    """Titles, whatever their case; columns without one by their names."""
    return {unicodedata.normalize("NFC", (column.title or column.name).strip().casefold()) for column in columns}
