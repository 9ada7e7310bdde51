"""Reads the titles of a stored file's columns anew, and finds the dataset's columns by them: a mapping that was stored wrongly is seen, since
nothing of it is believed. Pure."""

from msgspec import structs

from backbone.catalog.uploads import UploadRecord
from backbone.columns.matching import match_by_title
from backbone.columns.names import name_columns
from backbone.columns.titles import split_titles
from backbone.csvread.exact import read_exact
from backbone.csvread.literal_quotes import repair_quotes
from backbone.csvread.quotes import first_line_end
from backbone.model import Column, Dialect, Table

BOM = b"\xef\xbb\xbf"


def remapped(head: bytes, upload: UploadRecord, table: Table) -> tuple[Column, ...] | str:
    """The file's columns under the names of the table's columns of their titles; or a sentence, where the file has other titles than the
    catalog. `head`: its bytes before the first record. By position, and where no title is known any more, the order is what counts."""
    dialect = upload.dialect or Dialect()
    stored = upload.columns
    is_by_position = upload.options.get("columns") == "position"
    titles = _titles(head, dialect, upload)
    if titles is None or is_by_position:
        return stored if _is_in_order(stored, table) else "the columns of the file are mapped to the dataset's in another order"
    if len(titles) != len(stored):
        return f"the file has {len(titles)} titles where the catalog has {len(stored)} columns"
    match = match_by_title(name_columns(titles), table.columns)
    known = {column.name for column, _ in match.known}
    return tuple(
        structs.replace(column, name=matched.name) if matched.name in known else column
        for column, matched in zip(stored, match.columns, strict=True)
    )


def _titles(head: bytes, dialect: Dialect, upload: UploadRecord) -> list[str] | None:
    """None: the file has none."""
    if names := upload.options.get("names"):
        return split_titles(str(names))
    if not dialect.header:
        return None
    start = len(BOM) if head.startswith(BOM) else 0
    for _ in range(dialect.skip):
        start = first_line_end(head, start, len(head))
    records = [record for record in read_exact(head[start:], dialect) if record]
    width = len(upload.columns)
    if len(records) != 1:  # comments, or a header of several lines: the catalog's titles are among them, or they are no titles at all
        return [column.title for column in upload.columns]
    titles = repair_quotes(
        records[0], head[start:].decode("utf-8", "replace"), dialect, (width + dialect.left_out + dialect.empty_columns,)
    )
    titles = [title.replace("\0", "") for title in titles[: len(titles) - dialect.left_out]]
    while len(titles) > width and not titles[-1].strip():  # empty columns, which were left out
        titles.pop()
    untitled = [""] * (width - len(titles))
    return [*untitled, *titles] if upload.columns and not upload.columns[0].title else [*titles, *untitled]


def _is_in_order(columns: tuple[Column, ...], table: Table) -> bool:
    places = {column.name: place for place, column in enumerate(table.columns)}
    own = [places[column.name] for column in columns if column.name in places]
    return own == sorted(own)
