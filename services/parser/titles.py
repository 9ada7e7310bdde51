"""Reads the titles of a stored file's columns anew, finds the dataset's columns by them, and declares the types that the upload's options
declare: a mapping or a type that was stored wrongly is seen, since nothing of it is believed. Pure."""

from msgspec import structs

from backbone.catalog.uploads import UploadRecord
from backbone.columns.matching import match_by_title
from backbone.columns.names import name_columns
from backbone.columns.titles import split_titles
from backbone.csvread.exact import read_exact
from backbone.csvread.literal_quotes import repair_quotes
from backbone.csvread.quotes import first_line_end
from backbone.model import Column, Dialect, Table
from backbone.types.declared import declare_types, read_types
from backbone.types.registry import is_assignable, kind_of

BOM = b"\xef\xbb\xbf"


def remapped(head: bytes, upload: UploadRecord, table: Table) -> tuple[Column, ...] | str:
    """The file's columns under the names of the table's columns of their titles; or a sentence, where the file has other titles than the
    catalog, or a column another type than was declared. `head`: its bytes before the first record. By position, and where no title is known
    any more, the order is what counts."""
    dialect = upload.dialect or Dialect()
    stored = upload.columns
    titles = _titles(head, dialect, upload)
    if titles is not None and len(titles) != len(stored):
        return f"the file has {len(titles)} titles where the catalog has {len(stored)} columns"
    own = name_columns(titles or [""] * len(stored))
    if titles is None or upload.options.get("columns") == "position":
        if not _is_in_order(stored, table):
            return "the columns of the file are mapped to the dataset's in another order"
        columns = stored
    else:
        match = match_by_title(own, table.columns)
        known = {column.name for column, _ in match.known}
        columns = tuple(
            structs.replace(column, name=matched.name) if matched.name in known else column
            for column, matched in zip(stored, match.columns, strict=True)
        )
    columns = _declared(columns, own, upload)
    return _broken_declaration(columns, own, table, upload) or table.reread.declare(columns, upload.version or 0)


def _declared(columns: tuple[Column, ...], own: tuple[Column, ...], upload: UploadRecord) -> tuple[Column, ...]:
    """With the types that the upload's options declare for the columns `own`, as the file has them."""
    declared = declare_types(own, read_types(str(upload.options.get("types") or "")))
    return tuple(
        column if by_user.declared is None else structs.replace(column, type=by_user.type, format=by_user.format, declared=by_user.declared)
        for column, by_user in zip(columns, declared, strict=True)
    )


def _broken_declaration(columns: tuple[Column, ...], own: tuple[Column, ...], table: Table, upload: UploadRecord) -> str:
    """A declared type that the dataset's column cannot hold, as a sentence; empty where there is none. Later ones are the last word."""
    targets = {column.name: column for column in table.columns}
    later = table.reread.declare(columns, upload.version or 0)
    for column, title, changed in zip(columns, own, later, strict=True):
        target = targets.get(column.name)
        if target is None or column.declared is None or changed is not column or target.type == column.type:
            continue
        if not is_assignable(kind_of(column), kind_of(target)):
            return f"types= declares {title.title or title.name} as {column.type}, and the dataset has it as {target.type}"
    return ""


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
    titles = [title.replace("\0", "").replace(BOM.decode(), "") for title in titles[: len(titles) - dialect.left_out]]
    while len(titles) > width and not titles[-1].strip():  # empty columns, which were left out
        titles.pop()
    untitled = [""] * (width - len(titles))
    return [*untitled, *titles] if upload.columns and not upload.columns[0].title else [*titles, *untitled]


def _is_in_order(columns: tuple[Column, ...], table: Table) -> bool:
    indexes = {column.name: index for index, column in enumerate(table.columns)}
    own = [indexes[column.name] for column in columns if column.name in indexes]
    return own == sorted(own)
