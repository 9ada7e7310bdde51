"""Which column of a dataset each column of a file is: by title, then by title but for capitals and blanks, then by name. Pure.

The same title twice is matched by occurrence. Where two columns could be meant, none is taken: the match says so.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Literal

from msgspec import Struct, structs

from backbone.columns.names import hashed_name, occurrences
from backbone.columns.titles import fold_title
from backbone.model import Column

Policy = Literal["match", "any", "strict", "position"]


class Match(Struct, frozen=True, kw_only=True):
    """`columns`: the file's, in its order, under the table's names; titles stay the file's own where it has any."""

    columns: tuple[Column, ...]
    known: tuple[tuple[Column, Column], ...]  # a column of the file (as in `columns`) and the table's
    added: tuple[Column, ...]  # of the file, which the table does not have
    missing: tuple[Column, ...]  # of the table, which the file does not have
    by_name: tuple[Column, ...] = ()  # of the file, whose title is the table's name for a column with another title
    ambiguous: tuple[tuple[str, tuple[Column, ...]], ...] = ()  # a title of the file, and the table's columns that it could mean


def match_by_title(file: Sequence[Column], table: Sequence[Column]) -> Match:
    matcher = _Matcher(file, table)
    matcher.take_exact()
    ambiguous = matcher.take_folded()
    by_name = matcher.take_names()
    return structs.replace(_match(file, table, matcher.targets), by_name=by_name, ambiguous=ambiguous)


def match_by_position(file: Sequence[Column], table: Sequence[Column]) -> Match | None:
    """None where the file has another number of columns."""
    return _match(file, table, dict(enumerate(table))) if len(file) == len(table) else None


class _Matcher:
    def __init__(self, file: Sequence[Column], table: Sequence[Column]) -> None:
        self._file = file
        self._table = table
        self.targets: dict[int, Column] = {}  # place in the file to the table's column
        self._taken: set[str] = set()

    def take_exact(self) -> None:
        titles = [column.title for column in self._table]
        known = dict(zip(zip(titles, occurrences(titles), strict=True), self._table, strict=True))
        own = [column.title for column in self._file]
        for index, key in enumerate(zip(own, occurrences(own), strict=True)):
            if key in known:
                self._take(index, known[key])

    def take_folded(self) -> tuple[tuple[str, tuple[Column, ...]], ...]:
        theirs: dict[str, list[Column]] = defaultdict(list)
        for column in self._table:
            if column.name not in self._taken:
                theirs[fold_title(column.title)].append(column)
        mine: dict[str, list[int]] = defaultdict(list)
        for index in self._open():
            mine[fold_title(self._file[index].title)].append(index)
        ambiguous: list[tuple[str, tuple[Column, ...]]] = []
        for folded, indexes in mine.items():
            if not folded or not theirs[folded]:
                continue
            if len(indexes) == len(theirs[folded]) == 1:
                self._take(indexes[0], theirs[folded][0])
            else:
                ambiguous.append((self._file[indexes[0]].title, tuple(theirs[folded])))
        return tuple(ambiguous)

    def take_names(self) -> tuple[Column, ...]:
        names = {column.name: column for column in self._table if column.name not in self._taken}
        taken: list[Column] = []
        for index in self._open():
            title = self._file[index].title
            if title in names and title not in self._taken:
                self._take(index, names[title])
                taken.append(self._file[index])
        return tuple(taken)

    def _open(self) -> list[int]:
        return [index for index in range(len(self._file)) if index not in self.targets]

    def _take(self, index: int, column: Column) -> None:
        self.targets[index] = column
        self._taken.add(column.name)


def _match(file: Sequence[Column], table: Sequence[Column], targets: dict[int, Column]) -> Match:
    columns = _renamed(file, targets, {column.name for column in table})
    met = {column.name for column in targets.values()}
    return Match(
        columns=columns,
        known=tuple((columns[index], target) for index, target in sorted(targets.items())),
        added=tuple(column for index, column in enumerate(columns) if index not in targets),
        missing=tuple(column for column in table if column.name not in met),
    )


def _renamed(file: Sequence[Column], targets: dict[int, Column], taken: Collection[str]) -> tuple[Column, ...]:
    """A new column whose name is another's in the table gets one with a hash of its title."""
    used = {*taken, *(column.name for column in file)}
    numbers = occurrences([column.title for column in file])
    columns: list[Column] = []
    for index, column in enumerate(file):
        name, title = column.name, column.title
        if index in targets:
            name, title = targets[index].name, title or targets[index].title
        elif name in taken:
            name = hashed_name(column.title, used, numbers[index])
            used.add(name)
        columns.append(structs.replace(column, name=name, title=title))
    return tuple(columns)
