"""The statements of `RowHistory` as text. Pure."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct, structs

from backbone.model import Column, Mode, Table
from backbone.postgres.columns_sql import GROUP_SIZE, json_object_sql, quoted, text_sql, value_sql, written_sql
from backbone.rows.numbers_sql import each_row_sql, same_row_sql
from backbone.types.registry import kind_of, stored_sql

_IS_NOT_LAST: Final = f"NOT EXISTS (SELECT FROM merge_last AS l WHERE {same_row_sql('l.row', 't._row')})"


class Meant(Struct, frozen=True, kw_only=True):
    """Which older rows the rows of a version mean: those with the same values in the columns `key`; or, by number, `targets`: a query whose
    rows are pairs of a row of the version and an older one, so that there may be any number of them."""

    key: tuple[Column, ...] = ()
    targets: str = ""

    @property
    def is_by_row(self) -> bool:
        return bool(self.targets)


# The planner knows nothing yet of rows that were COPYed a moment ago: it takes them for few, and a nested loop over half a million never ends.
MERGE_SETTINGS: Final = ("SET LOCAL enable_nestloop = off", "SET LOCAL work_mem = '64MB'")
# Rows by their numbers, which are in an index and have been counted: where they are some thousands a loop over those is what is wanted.
BY_ROW_SETTINGS: Final = ("SET LOCAL enable_nestloop = on",)


def last_statements(table: Table, version: int, meant: Meant, rows: tuple[int, int] | None = None) -> list[str]:
    """What a merge begins with: fills `merge_last`, the last row of each key in this version. `rows`: the first row of this version, and one
    behind its last, where that is known: then the others are not looked through for them."""
    settings = BY_ROW_SETTINGS if meant.is_by_row else MERGE_SETTINGS
    return [*settings, winners_sql(table, version, meant.key, rows), "ANALYZE merge_last"]


def duplicates_sql(table: Table, version: int, rows: tuple[int, int] | None = None) -> str:
    """How many rows of this version are not the last of their key."""
    brought = f"SELECT count(*) FROM {table.name} AS t WHERE {_brought('t', version, rows)}"
    return f"SELECT ({brought}) - (SELECT count(*) FROM merge_last)"


def merge_statements(
    table: Table,
    version: int,
    meant: Meant,
    source: Table,
    kept: Sequence[Column] = (),
    mode: Mode = "upsert",
    rows: tuple[int, int] | None = None,
    *,
    has_duplicates: bool,
    few: bool = False,
) -> list[str]:
    """Behind `last_statements`; `rows` as there. `few`: those of this version are some thousands at most, so that what they meet is marked by the
    index of row numbers where that is cheaper by what has been counted, not guessed, of the pairs. Without duplicates nothing is looked
    through for them.

    Fill `merge_pairs`, the last row of each key with the older rows of `source` that it meets; then mark the rows that go: duplicates, those that
    change nothing, and what is replaced or deleted in the table itself. In the columns `kept` a row that replaces another takes its values."""
    last = f"JOIN merge_last AS l ON {same_row_sql('l.row', 'n._row')} " if has_duplicates else ""
    same = "false" if mode == "delete" else _equal_sql(table, source, kept)
    return [
        *([_targets_sql(meant.targets), "ANALYZE merge_targets"] if meant.is_by_row else []),
        f"CREATE TEMP TABLE merge_pairs ON COMMIT DROP AS SELECT n._row AS row, o._row AS older, {same} AS same "
        f"FROM {table.name} AS n {last}{_older_sql(table, source, version, meant)} WHERE {_brought('n', version, rows)}",
        # A key that append has brought in several times: the row replaces them all.
        f"UPDATE merge_pairs AS p SET same = false FROM (SELECT row FROM merge_pairs GROUP BY {each_row_sql('row')} HAVING count(*) > 1) AS several "
        f"WHERE p.same AND {same_row_sql('several.row', 'p.row')}",
        *(["ANALYZE merge_pairs", *BY_ROW_SETTINGS] if few else []),
        f"UPDATE {table.name} AS t SET _until = {version} FROM ({_dead_sql(mode, is_copied=source != table)}) AS dead "
        f"WHERE {same_row_sql('t._row', 'dead.row')}",
        *([repeated_sql(table, version, rows)] if has_duplicates else []),
        *([_keep_sql(table, source, kept)] if kept else []),
    ]


def _older_sql(table: Table, source: Table, version: int, meant: Meant) -> str:
    stands = f"o._from < {version} AND o._until IS NULL"
    if meant.is_by_row:
        older = f"LEFT JOIN {source.name} AS o ON {same_row_sql('o._row', 'g.older')} AND {stands}"
        return f"LEFT JOIN merge_targets AS g ON {same_row_sql('g.row', 'n._row')} {older}"
    met = " AND ".join(f"{_brought_sql(source, column, 'o')} = {value_sql(table, column, 'n')}" for column in meant.key)
    return f"LEFT JOIN {source.name} AS o ON {stands} AND {met}"


def _dead_sql(mode: Mode, *, is_copied: bool) -> str:
    """What is no row of this version or a later one. Older rows of another table are copied with their marks."""
    older = "" if is_copied else " UNION ALL SELECT older AS row FROM merge_pairs WHERE older IS NOT NULL AND NOT same"
    match mode:
        case "delete":
            own = f"SELECT row FROM merge_pairs GROUP BY {each_row_sql('row')}"
        case "update":
            own = "SELECT row FROM merge_pairs WHERE same OR older IS NULL"
        case _:
            own = "SELECT row FROM merge_pairs WHERE same"
    return own + older


def _targets_sql(targets: str) -> str:
    """Fills `merge_targets`, for each row of this version the older one that it means."""
    return f"CREATE TEMP TABLE merge_targets ON COMMIT DROP AS SELECT g.row, g.older FROM ({targets}) AS g(row, older)"


def _brought(alias: str, version: int, rows: tuple[int, int] | None) -> str:
    between = "" if rows is None else f" AND {alias}._row >= {int(rows[0])} AND {alias}._row < {int(rows[1])}"
    return f"{alias}._from = {version}{between}"


def winners_sql(table: Table, version: int, key: Sequence[Column], rows: tuple[int, int] | None = None) -> str:
    """Fills `merge_last` with the last row of each key in this version."""
    mine = ", ".join(value_sql(table, column) for column in key) or each_row_sql("_row")  # without a key each row is meant
    last = f"SELECT max(_row) AS row FROM {table.name} AS t WHERE {_brought('t', version, rows)} GROUP BY {mine}"
    return f"CREATE TEMP TABLE merge_last ON COMMIT DROP AS {last}"


def repeated_sql(table: Table, version: int, rows: tuple[int, int] | None = None) -> str:
    """Marks the other rows of this version."""
    unmarked = f"{_brought('t', version, rows)} AND t._until IS NULL"
    # NOT EXISTS is an anti-join at any size; NOT IN becomes a loop over all keys once they are more than `work_mem` holds.
    return f"UPDATE {table.name} AS t SET _until = {version} WHERE {unmarked} AND {_IS_NOT_LAST}"


def repeated_keys_sql(table: Table, version: int, key: Sequence[Column], limit: int) -> str:
    """`_row` and the texts of the key, by `_row`."""
    texts = ", ".join(f"({value_sql(table, column)})::text" for column in key)
    repeated = f"t._from = {version} AND {_IS_NOT_LAST}"
    return (
        f"SELECT t._row AS row, concat_ws(', ', {texts}) AS key FROM {table.name} AS t WHERE {repeated} ORDER BY t._row LIMIT {int(limit)}"
    )


def _keep_sql(table: Table, source: Table, kept: Sequence[Column]) -> str:
    """Of several older rows, which only append can bring in, the newest one's values."""
    if table.layout == "columns":
        values = ", ".join(f"{quoted(column.name)} = {_brought_sql(source, column, 'o')}" for column in kept)
    else:
        values = f"_cells = {_kept_cells_sql(table, source, kept)}"
    replaced = (
        f"(SELECT row, max(older) AS older FROM merge_pairs WHERE older IS NOT NULL AND NOT same GROUP BY {each_row_sql('row')}) AS m"
    )
    older = f"{source.name} AS o ON {same_row_sql('o._row', 'm.older')}"
    return f"UPDATE {table.name} AS n SET {values} FROM {replaced} JOIN {older} WHERE {same_row_sql('n._row', 'm.row')}"


def _kept_cells_sql(table: Table, source: Table, kept: Sequence[Column]) -> str:
    """The array of row n with the cells of row o in the columns `kept`, as wide as the table."""
    names = {column.name for column in kept}
    flags = "'{" + ",".join("t" if column.name in names else "f" for column in table.columns) + "}'::boolean[]"
    unpacked = f"unnest(n._cells, {_array_sql(source, table, 'o')}, {flags}) WITH ORDINALITY AS u(mine, theirs, kept, place)"
    return f"(SELECT array_agg(CASE WHEN u.kept THEN u.theirs ELSE u.mine END ORDER BY u.place) FROM {unpacked})"


def merged_counts(mode: Mode = "upsert") -> str:
    """`missing` are rows of this version that met no older one, where none is to be inserted."""
    unmet = "count(*) FILTER (WHERE older IS NULL)"
    inserted, missing = (unmet, "0") if mode == "upsert" else ("0", unmet)
    if mode == "delete":
        return (
            f"SELECT 0 AS inserted, 0 AS updated, 0 AS unchanged, {missing} AS missing, "
            "count(older) AS superseded, count(older) AS deleted FROM merge_pairs"
        )
    return (
        f"SELECT {inserted} AS inserted, {missing} AS missing, "
        "count(DISTINCT row) FILTER (WHERE older IS NOT NULL AND NOT same) AS updated, "
        "count(*) FILTER (WHERE older IS NOT NULL AND same) AS unchanged, "
        "count(*) FILTER (WHERE older IS NOT NULL AND NOT same) AS superseded FROM merge_pairs"
    )


WINNERS_DONE: Final = "DROP TABLE merge_last"
MERGE_DONE: Final = (WINNERS_DONE, "DROP TABLE merge_pairs", "DROP TABLE IF EXISTS merge_targets")


def superseded_sql(version: int) -> str:
    return f"t._until = {version} AND t._from < {version}"


def unmerge_sql(table: Table, version: int) -> str:
    return f"UPDATE {table.name} AS t SET _until = NULL WHERE {superseded_sql(version)}"


def swept_sql(oldest: int, later: tuple[int, int]) -> str:
    if later[0] >= later[1]:
        return f"t._until <= {oldest}"  # alone it is found by its index, without reading the table
    return f"(t._until <= {oldest} OR (t._from > {later[0]} AND t._from <= {later[1]}))"


def count_visible_sql(table: Table, version: int) -> str:
    return f"SELECT count(*) FROM {table.name} AS t WHERE t._from <= {version} AND (t._until IS NULL OR t._until > {version})"


def copy_before_sql(source: Table, target: Table, version: int) -> str:
    until = f"CASE WHEN t._until < {version} THEN t._until END"
    return _copy_sql(source, target, f"{source.name} AS t WHERE t._from < {version}", until)


def copy_merged_sql(source: Table, target: Table, version: int) -> str:
    """As `copy_before_sql`, with the marks of `merge_pairs` on the rows that were replaced: written once, not copied and then marked."""
    until = f"CASE WHEN m.older IS NOT NULL THEN {version} WHEN t._until < {version} THEN t._until END"
    replaced = f"(SELECT older FROM merge_pairs WHERE older IS NOT NULL AND NOT same) AS m ON {same_row_sql('m.older', 't._row')}"
    return _copy_sql(source, target, f"{source.name} AS t LEFT JOIN {replaced} WHERE t._from < {version}", until)


def copy_version_sql(source: Table, target: Table, version: int, left_out: Sequence[Column] = ()) -> str:
    return _copy_sql(source, target, f"{source.name} AS t WHERE t._from = {version}", "NULL::integer", left_out)


def _copy_sql(source: Table, target: Table, rows: str, until: str, left_out: Sequence[Column] = ()) -> str:
    """INSERT … SELECT under the target's types, in file order; null in the columns `left_out`."""
    if left_out:
        dropped = {column.name for column in left_out}
        renamed = tuple(structs.replace(column, name="") if column.name in dropped else column for column in source.columns)
        if source.layout == "cells":
            source = structs.replace(source, columns=renamed)
        else:
            source = structs.replace(source, columns=tuple(column for column in source.columns if column.name not in dropped))
    if target.layout == "columns":
        names = "".join(f", {quoted(column.name)}" for column in target.columns)
        cells = "".join(f", {_brought_sql(source, column)}" for column in target.columns)
    else:
        names, cells = ", _cells", f", {_array_sql(source, target)}"
    return f"INSERT INTO {target.name} (_from, _until, _row{names}) SELECT t._from, {until}, t._row{cells} FROM {rows} ORDER BY t._row"


def deleted_page_sql(table: Table, version: int) -> str:
    """Rows that this version took out. Parameters: the row behind which to begin, and how many."""
    return (
        f"SELECT o._row, {json_object_sql(table, 'o')} FROM {table.name} AS o "
        f"WHERE o._until = {version} AND o._from < {version} AND o._row > $1 ORDER BY o._row LIMIT $2"
    )


def changes_sql(table: Table, version: int, meant: Meant, kind: str) -> str:
    """Parameters: the row behind which to begin, and how many."""
    met = " AND ".join(f"{value_sql(table, column, 'o')} = {value_sql(table, column, 'n')}" for column in meant.key) or "false"
    if meant.is_by_row:
        met = f"({each_row_sql('n._row')}, o._row) IN (SELECT {each_row_sql('g.row')}, g.older FROM ({meant.targets}) AS g (row, older))"
    only = {"inserted": "AND o._row IS NULL", "updated": "AND o._row IS NOT NULL"}.get(kind, "")
    return (
        f"SELECT DISTINCT ON (n._row) n._row, {json_object_sql(table, 'n')}, o._row, "
        f"CASE WHEN o._row IS NOT NULL THEN {json_object_sql(table, 'o')} END FROM {table.name} AS n "
        f"LEFT JOIN {table.name} AS o ON o._until = {version} AND o._from < {version} AND {met} "
        f"WHERE n._from = {version} AND (n._until IS NULL OR n._until > {version}) AND n._row > $1 {only} "
        "ORDER BY n._row, o._row DESC LIMIT $2"
    )


def _equal_sql(table: Table, source: Table, kept: Sequence[Column]) -> str:
    """Whether row n of `table` and row o of `source` have the same values to the last character: 1.10 is not 1.1. But for the columns
    `kept`, in which n has none of its own."""
    if table.layout == "cells":
        mine_whole = _kept_cells_sql(table, source, kept) if kept else _full(table, "n._cells")
        return f"{mine_whole} = {_full(table, _array_sql(source, table, 'o'))}"
    names = {column.name for column in kept}
    compared = [column for column in table.columns if column.name not in names]
    mine = ", ".join(_exact_sql(column, value_sql(table, column, "n")) for column in compared)
    other = ", ".join(_exact_sql(column, _brought_sql(source, column, "o")) for column in compared)
    return f"ROW({mine}) IS NOT DISTINCT FROM ROW({other})"


def _full(table: Table, cells: str) -> str:
    """The array with nulls to the table's width: an older one ends where its columns ended."""
    if not cells.endswith("._cells"):
        return f"({cells})"
    return f"({cells} || array_fill(NULL::text, ARRAY[{len(table.columns)} - coalesce(cardinality({cells}), 0)]))"


def _exact_sql(column: Column, value: str) -> str:
    return f"({value})::text" if column.type == "decimal" else value


def _brought_sql(source: Table, target: Column, alias: str = "t") -> str:
    """The target's typed value out of the source's column of that name."""
    column = next((other for other in source.columns if other.name == target.name), None)
    if column is None:
        return f"NULL::{stored_sql(target)}"
    if kind_of(column) == kind_of(target):
        return value_sql(source, column, alias)
    # As text it is what the file wrote; as another type it is read by PostgreSQL.
    text = written_sql(source, column, alias) if target.type == "text" else text_sql(source, column, alias)
    return f"({text})::{stored_sql(target)}"


def _array_sql(source: Table, target: Table, alias: str = "t") -> str:
    kinds = [(column.name, column.type, column.format) for column in source.columns]
    if source.layout == "cells" and kinds == [(column.name, column.type, column.format) for column in target.columns[: len(kinds)]]:
        return f"{alias}._cells"
    cells = [f"({_brought_sql(source, column, alias)})::text" for column in target.columns]
    groups = [f"ARRAY[{', '.join(cells[start : start + GROUP_SIZE])}]" for start in range(0, len(cells), GROUP_SIZE)]
    return " || ".join(groups)
