"""What a dataset must be after any uploads, in Python dicts: versions, each a list of rows. Pure; the flows compare Rowmill with it.

A removal is a replay of all uploads but one, so the model shares no idea with the marks by which Rowmill does it.
"""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

Row = dict[str, str]  # column to value, as text; a column without a value is left out


@dataclass(frozen=True)
class File:
    """Cells as texts. A record may have more or fewer of them than there are columns."""

    columns: tuple[str, ...]
    records: tuple[tuple[str, ...], ...]

    def csv(self, line_end: str = "\n") -> bytes:
        text = io.StringIO()
        csv.writer(text, lineterminator=line_end).writerows([self.columns, *self.records])
        return text.getvalue().encode()


@dataclass(frozen=True)
class Counts:
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicates: int = 0
    removed: int = 0
    deleted: int = 0
    missing: int = 0


@dataclass(frozen=True)
class Upload:
    id: str
    file: File
    mode: str
    key: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        """Of the records that can be loaded: not too long, and with a value in every column of the key."""
        columns = self.file.columns
        fitting = [record for record in self.file.records if len(record) <= len(columns)]
        rows = [{name: cell for name, cell in zip(columns, record, strict=False) if cell} for record in fitting]
        return tuple(row for row in rows if all(name in row for name in self.key))

    @property
    def rejects(self) -> int:
        return len(self.file.records) - len(self.rows)

    def key_of(self, row: Row) -> tuple[str | None, ...]:
        return tuple(row.get(name) for name in self.key)


@dataclass(frozen=True)
class Outcome:
    """What an upload makes of rows. `updated` are pairs of before and after; what was before may be several rows of one key."""

    rows: list[Row]
    counts: Counts
    inserted: list[Row]
    updated: list[tuple[list[Row], Row]]
    removed: list[Row] = field(default_factory=list)


def apply(before: Sequence[Row], upload: Upload) -> Outcome:
    rows = list(upload.rows)
    match upload.mode:
        case "append":
            return Outcome([*before, *rows], Counts(inserted=len(rows)), rows, [])
        case "replace" if upload.key:
            return _replace(before, rows, upload.key_of)
        case "replace":
            return Outcome(rows, Counts(inserted=len(rows)), rows, [])
        case "update":
            return _update(before, rows, upload.key_of, upload.file.columns)
        case "delete":
            return _delete(before, rows, upload.key_of)
        case _:
            return _upsert(before, rows, upload.key_of, upload.file.columns)


def _upsert(before: Sequence[Row], rows: Sequence[Row], key_of: Callable[[Row], tuple[str | None, ...]], columns: Sequence[str]) -> Outcome:
    """In columns that the file does not have, a row takes the values of the newest one that it replaces."""
    newest = {key_of(row): {name: cell for name, cell in row.items() if name not in columns} for row in before}
    rows = [newest.get(key_of(row), {}) | row for row in rows]
    winners = {key_of(row): row for row in rows}  # the last of a key wins
    places = sorted({key_of(row): place for place, row in enumerate(rows)}.values())
    older = {key: [row for row in before if key_of(row) == key] for key in winners}
    unchanged = {key for key, row in winners.items() if row in older[key] and len(older[key]) == 1}
    brought = [rows[place] for place in places if key_of(rows[place]) not in unchanged]
    inserted = [row for row in brought if not older[key_of(row)]]
    updated = [(older[key_of(row)], row) for row in brought if older[key_of(row)]]
    kept = [row for row in before if key_of(row) not in winners or key_of(row) in unchanged]
    counts = Counts(len(inserted), len(updated), len(unchanged), len(rows) - len(winners))
    return Outcome([*kept, *brought], counts, inserted, updated)


def _update(before: Sequence[Row], rows: Sequence[Row], key_of: Callable[[Row], tuple[str | None, ...]], columns: Sequence[str]) -> Outcome:
    """An upsert of those rows alone whose keys are there."""
    there = {key_of(row) for row in before}
    missing = {key_of(row) for row in rows} - there
    outcome = _upsert(before, [row for row in rows if key_of(row) in there], key_of, columns)
    repeated = len(rows) - len({key_of(row) for row in rows})
    return replace(outcome, counts=replace(outcome.counts, duplicates=repeated, missing=len(missing)))


def _delete(before: Sequence[Row], rows: Sequence[Row], key_of: Callable[[Row], tuple[str | None, ...]]) -> Outcome:
    keys = {key_of(row) for row in rows}
    gone = [row for row in before if key_of(row) in keys]
    left = [row for row in before if key_of(row) not in keys]
    missing = len(keys - {key_of(row) for row in before})
    return Outcome(left, Counts(duplicates=len(rows) - len(keys), deleted=len(gone), missing=missing), [], [], gone)


def _replace(before: Sequence[Row], rows: Sequence[Row], key_of: Callable[[Row], tuple[str | None, ...]]) -> Outcome:
    """As an upsert of what is left of the file, but all of that is new, and what it does not name goes."""
    places = sorted({key_of(row): place for place, row in enumerate(rows)}.values())
    left = [rows[place] for place in places]
    older = {key_of(row): [other for other in before if key_of(other) == key_of(row)] for row in left}
    inserted = [row for row in left if not older[key_of(row)]]
    updated = [(older[key_of(row)], row) for row in left if older[key_of(row)] and older[key_of(row)] != [row]]
    removed = [row for row in before if key_of(row) not in older]
    unchanged = len(left) - len(inserted) - len(updated)
    return Outcome(left, Counts(len(inserted), len(updated), unchanged, len(rows) - len(left), len(removed)), inserted, updated, removed)


def replay(uploads: Iterable[Upload]) -> list[Row]:
    rows: list[Row] = []
    for upload in uploads:
        rows = apply(rows, upload).rows
    return rows


@dataclass(frozen=True)
class Version:
    uploads: tuple[Upload, ...]  # oldest first; also those from before a `replace`, which come back when that is taken out
    rows: list[Row]
    made_by: Upload | None  # None: by a removal

    def shows(self, upload: Upload) -> bool:
        """Whether it would be another one without this upload."""
        replaced = max((place for place, each in enumerate(self.uploads) if each.mode == "replace"), default=0)
        return upload in self.uploads[replaced:]

    def without(self, upload: Upload) -> "Version":
        return replace(self, uploads=tuple(each for each in self.uploads if each != upload))


@dataclass
class Dataset:
    versions: dict[int, Version] = field(default_factory=dict)  # those that readers may ask for, in order; the last is the current one
    newest: int = 0  # the highest number ever given; none is given twice
    held: tuple[int, Version] | None = None

    @property
    def current(self) -> int:
        return next(reversed(self.versions), 0)

    @property
    def uploads(self) -> tuple[Upload, ...]:
        return self.versions[self.current].uploads if self.versions else ()

    @property
    def rows(self) -> list[Row]:
        return self.versions[self.current].rows if self.versions else []

    def hold(self, upload: Upload) -> Outcome:
        """The next version, which nobody sees yet."""
        outcome = apply(self.rows, upload)
        self.newest += 1
        self.held = self.newest, Version((*self.uploads, upload), outcome.rows, upload)
        return outcome

    def publish(self) -> None:
        assert self.held is not None
        number, self.versions[number] = self.held
        self.held = None

    def discard(self) -> None:
        """So does one that failed: its number is used up."""
        self.held = None

    def load(self, upload: Upload) -> Outcome:
        outcome = self.hold(upload)
        self.publish()
        return outcome

    def undo(self) -> None:
        del self.versions[self.current]

    def remove(self, upload: Upload) -> None:
        """Versions that show it are gone. What is left of them makes a new one: in front of the `replace` that hides it, else at the end."""
        behind = self.uploads[self.uploads.index(upload) + 1 :]
        hidden_by = next((each for each in behind if each.mode == "replace"), None)
        among = self.uploads[: self.uploads.index(hidden_by)] if hidden_by else self.uploads
        left = tuple(each for each in among if each != upload)
        kept = [(number, version.without(upload)) for number, version in self.versions.items() if not version.shows(upload)]
        if left:
            self.newest += 1
            place = next((place for place, (_, version) in enumerate(kept) if hidden_by in version.uploads), len(kept))
            kept.insert(place, (self.newest, Version(left, replay(left), None)))
        self.versions = dict(kept)
