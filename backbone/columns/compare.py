"""A file's columns held against a dataset's: which is which, and what is to be told about it. Pure; used by the preview and by the load."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final, Literal, get_args

from msgspec import Struct

from backbone.columns.matching import Match, Policy, match_by_position, match_by_title
from backbone.findings import Finding, FindingCode, Level, Stopped, Suggestion
from backbone.model import Column, Mode
from backbone.types.registry import is_assignable, kind_of

Missing = Literal["keep", "null"]
POLICIES: Final[tuple[str, ...]] = get_args(Policy)
TITLES_TOLD_MAX: Final = 10


class Wanted(Struct, frozen=True, kw_only=True):
    """What the upload says about columns. `empty`: names of the file's columns without a value, which say nothing about types."""

    mode: Mode = "append"
    policy: Policy = "match"
    missing: Missing = "keep"
    retype: bool = False
    has_titles: bool = True  # from a header or `names=`
    empty: Collection[str] = ()


def compare_columns(file: Sequence[Column], table: Sequence[Column], wanted: Wanted) -> tuple[Match, tuple[Finding, ...]]:
    """Raises `Stopped` where columns cannot be told from each other, or none is known, or `strict` is not met."""
    is_headerless = not wanted.has_titles and any(column.title for column in table)
    if wanted.policy == "position" or (is_headerless and wanted.policy != "any"):
        match, remarks = _by_position(file, table, wanted, is_headerless)
    else:
        match, remarks = _by_title(file, table, wanted)
    return match, (*remarks, *_types_told(match, wanted))


def _by_position(file: Sequence[Column], table: Sequence[Column], wanted: Wanted, is_headerless: bool) -> tuple[Match, list[Finding]]:
    match = match_by_position(file, table)
    names = ",".join(_as_option(column.title) for column in table)
    if match is None:
        detail = f"The file has {len(file)} columns and the dataset {len(table)}, so they cannot be matched by position."
        if is_headerless and wanted.mode == "replace":
            return _by_title(file, table, wanted)
        raise _stop("columns-unknown", f"{detail} Say which ones the file has: names={names}.", option="names", value=names)
    unfit = [target.title for column, target in match.known if not _fits(column, target, wanted)]
    if unfit and wanted.policy != "position":
        detail = f"The file has no header, and values that {_titles(unfit)} of the dataset cannot take."
        raise _stop(
            "columns-unknown", f"{detail} Say which columns it has: names={names}, or columns=position.", option="names", value=names
        )
    matched = Finding(
        code="columns-matched-by-position",
        level="info" if wanted.policy == "position" else "warning",
        message=f"{'The file has no header: its' if is_headerless else 'The'} columns were taken for the dataset's in their order, "
        f"{_titles([column.title for column in table])}. If they are others, say which: names={names}.",
        count=len(file),
        suggest=Suggestion(option="names", value=names),
    )
    return match, [matched]


def _by_title(file: Sequence[Column], table: Sequence[Column], wanted: Wanted) -> tuple[Match, list[Finding]]:
    match = match_by_title(file, table)
    if wanted.mode == "replace" and wanted.policy != "strict":
        return match, _told(match, wanted)
    if match.ambiguous:
        title, meant = match.ambiguous[0]
        theirs = " or ".join(repr(column.title) for column in meant)
        detail = f"The file's column {title!r} could be {theirs} of the dataset, or another of the file could be the same."
        raise _stop("column-ambiguous", f"{detail} Write the titles as the dataset has them.", column=title)
    if not match.known and wanted.policy != "any" and table:
        detail = (
            f"No column of the file ({_titles([column.title for column in file])}) is one of the dataset's "
            f"({_titles([column.title for column in table])}). Is it for another dataset? columns=any adds them as new columns, "
            "columns=position takes them in their order."
        )
        raise _stop("columns-unknown", detail, option="columns", value="any")
    if wanted.mode == "delete" and match.added:
        raise _unknown_for_delete(match)
    if wanted.policy == "strict" and (match.added or match.missing):
        raise _not_strict(match)
    return match, _told(match, wanted)


def _told(match: Match, wanted: Wanted) -> list[Finding]:
    remarks: list[Finding] = []
    if match.by_name:
        renamed = _titles([column.title for column in match.by_name])
        message = f"{renamed} is no title of the dataset, but a column's name: it was taken for that column."
        remarks.append(Finding(code="columns-matched-by-name", level="info", message=message, count=len(match.by_name)))
    if match.added:
        level: Level = "warning" if match.missing else "info"
        message = f"{_titles([column.title for column in match.added])} is new to the dataset: older rows have no value there."
        if wanted.mode == "replace":
            message = f"{_titles([column.title for column in match.added])} is new to the dataset."
        remarks.append(
            Finding(
                code="columns-added",
                level=level,
                message=f"{message} If it is a column under another title, write the title as the dataset has it.",
                count=len(match.added),
                suggest=Suggestion(option="columns", value="strict"),
            )
        )
    if match.missing and wanted.mode != "delete":
        remarks.append(_missing(match, wanted))
    return remarks


def tell_added(added: Sequence[Column]) -> tuple[Finding, ...]:
    """Of columns that were asked for by their titles."""
    if not added:
        return ()
    message = f"{_titles([column.title for column in added])} is new to the dataset."
    return (Finding(code="columns-added", level="info", message=message, count=len(added)),)


def _missing(match: Match, wanted: Wanted) -> Finding:
    titles = _titles([column.title for column in match.missing])
    if wanted.mode in ("upsert", "update") and wanted.missing == "keep":
        message = f"The file has no {titles}: rows that it updates keep their values there. missing=null empties them."
        return Finding(
            code="columns-missing",
            level="info" if not match.added else "warning",
            message=message,
            count=len(match.missing),
            suggest=Suggestion(option="missing", value="null"),
        )
    if wanted.mode == "replace":
        message = f"The file has no {titles}: the dataset does not have it any more."
    else:
        message = f"The file has no {titles}: its rows have no value there."
    return Finding(
        code="columns-missing",
        level="warning",
        message=f"{message} columns=strict refuses such a file.",
        count=len(match.missing),
        suggest=Suggestion(option="columns", value="strict"),
    )


def _types_told(match: Match, wanted: Wanted) -> list[Finding]:
    if wanted.mode == "replace":
        return []
    return [_type_told(column, target, wanted) for column, target in match.known if not _fits(column, target, wanted)]


def _type_told(column: Column, target: Column, wanted: Wanted) -> Finding:
    differs = f"Column {target.title!r} is {target.type} in the dataset, and {column.type} in the file"
    if wanted.retype:
        return Finding(
            code="columns-retyped", level="info", message=f"{differs}: it gets a type that takes all values of both.", column=target.title
        )
    return Finding(
        code="column-type-differs",
        level="warning",
        message=f"{differs}: records with a value that does not fit become rejects. retype=true gives it a type that takes both.",
        column=target.title,
        suggest=Suggestion(option="retype", value="true"),
    )


def _fits(column: Column, target: Column, wanted: Wanted) -> bool:
    is_converted = column.declared is not None or target.declared is not None
    is_open = column.undecided or target.undecided
    return is_open or column.name in wanted.empty or is_converted or is_assignable(kind_of(column), kind_of(target))


def _not_strict(match: Match) -> Stopped:
    code: FindingCode = "columns-added" if match.added else "columns-missing"
    more = f"has {_titles([column.title for column in match.added])}, which the dataset does not have" if match.added else ""
    less = f"lacks {_titles([column.title for column in match.missing])}" if match.missing else ""
    both = " and ".join(part for part in (more, less) if part)
    return _stop(code, f"The file {both}, and columns=strict allows no difference. columns=match does.", option="columns", value="match")


def _unknown_for_delete(match: Match) -> Stopped:
    titles = _titles([column.title for column in match.added])
    detail = f"The file has {titles}, which the dataset does not have, and mode=delete adds no columns."
    return _stop("columns-added", f"{detail} Leave it out, or write the title as the dataset has it.")


def _stop(code: FindingCode, message: str, *, option: str = "", value: str = "", column: str | None = None) -> Stopped:
    suggest = Suggestion(option=option, value=value) if option else None
    return Stopped(Finding(code=code, level="stop", message=message, column=column, suggest=suggest))


def _titles(titles: Iterable[str]) -> str:
    quoted = [repr(title) if title else "a column without a title" for title in titles]
    more = f" and {len(quoted) - TITLES_TOLD_MAX} more" if len(quoted) > TITLES_TOLD_MAX else ""
    return ", ".join(quoted[:TITLES_TOLD_MAX]) + more


def _as_option(title: str) -> str:
    needs_quotes = any(character in title for character in ',"') or title != title.strip()
    return '"' + title.replace('"', '""') + '"' if needs_quotes else title
