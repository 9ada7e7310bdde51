"""How much a word in a column says of its row, as far as the file tells: titles most, then short and different values, prose least; and
its language. Pure."""

from typing import Final

from msgspec import structs

from backbone.findings import Finding, Suggestion
from backbone.model import Column
from backbone.query.fields import LEAST, ORDINARY, SHORT, TITLE, names_rows
from services.upload.scan.profile import ColumnProfile

SHORT_MAX: Final = 80  # characters of the longest value: names, titles and codes
LONG_MIN: Final = 200  # descriptions and reviews, whatever the column is called
DIFFERENT_MIN: Final = 0.5  # of the values


def weigh_columns(columns: tuple[Column, ...], profile: tuple[ColumnProfile, ...], records: int) -> tuple[Column, ...]:
    """In files of very many columns nothing is known of how different values are: there the name decides."""
    by_name = {profiled.name: profiled for profiled in profile}
    return tuple(_weighed(column, by_name.get(column.name), records) for column in columns)


def tell_language(columns: tuple[Column, ...]) -> tuple[Finding, ...]:
    """Of the first column of sentences, which decides."""
    column = next((column for column in columns if column.language is not None), None)
    if column is None:
        return ()
    title = column.title or column.name
    message = f"Column {title} is {str(column.language).capitalize()}: words are found in their other forms too. language=none finds them as they are."
    return (
        Finding(code="language-found", level="info", column=title, message=message, suggest=Suggestion(option="language", value="none")),
    )


def _weighed(column: Column, profile: ColumnProfile | None, records: int) -> Column:
    if profile is None or profile.distinct is None or column.type != "text":
        return column
    column = structs.replace(column, language=profile.language)
    is_different = profile.distinct >= DIFFERENT_MIN * max(records - profile.nulls, 1)
    if column.prose or profile.longest >= LONG_MIN:
        return structs.replace(column, weight=LEAST)
    if names_rows(column):
        return structs.replace(column, weight=TITLE)
    if profile.language is not None:  # sentences
        return structs.replace(column, weight=LEAST)
    return structs.replace(column, weight=SHORT if is_different and profile.longest <= SHORT_MAX else ORDINARY)
