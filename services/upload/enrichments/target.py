"""Which column of a dataset is looked up, and which columns the fields become. Pure."""

from collections.abc import Sequence

from msgspec import Struct, structs

from backbone.columns.matching import match_by_title
from backbone.columns.names import name_columns
from backbone.columns.titles import find_column
from backbone.errors import BadRequest
from backbone.model import Column, Table
from services.upload.enrichments.settings import Definition, titles_of


class Target(Struct, frozen=True, kw_only=True):
    """`columns`: one for each field, the dataset's where it has one of that title. `known`: places of these among them."""

    column: Column
    columns: tuple[Column, ...]
    known: tuple[int, ...]

    @property
    def title(self) -> str:
        """Of the column that is looked up."""
        return self.column.title or self.column.name

    @property
    def filled(self) -> Sequence[Column]:
        """Those that rows may have a value in already."""
        return [self.columns[index] for index in self.known]


def find_target(definition: Definition, table: Table) -> Target:
    """Raises `BadRequest`."""
    column = find_column(definition.column, table.columns)
    match = match_by_title(name_columns(titles_of(definition)), table.columns)
    if match.ambiguous:
        title, meant = match.ambiguous[0]
        theirs = " or ".join(repr(other.title) for other in meant)
        raise BadRequest(
            "column-ambiguous", f"The field's title {title!r} could be {theirs} of the dataset. Write it as the dataset has it."
        )
    known = {mine.name: theirs for mine, theirs in match.known}
    if column.name in known:
        raise BadRequest("bad-enrichment", f"{column.title!r} is the column that is looked up; a field cannot take its place.")
    columns = tuple(known.get(mine.name) or structs.replace(mine, undecided=True) for mine in match.columns)
    return Target(column=column, columns=columns, known=tuple(index for index, mine in enumerate(match.columns) if mine.name in known))
