"""What a merge or a comparison runs is a join of sets, whatever PostgreSQL believes of the tables: right after a COPY it knows nothing, or something
that was true of another size. A loop over all keys for each key would never end. Nor are row numbers hashed alone, which would make a loop over
all chunks of each row."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from backbone.model import Column, Layout, Mode, Table, View
from backbone.postgres.engine import transaction
from backbone.rows.compared_sql import came_page_sql, went_page_sql
from backbone.rows.history_sql import (
    Meant,
    changes_sql,
    copy_merged_sql,
    duplicates_sql,
    last_statements,
    merge_statements,
    merged_counts,
    repeated_keys_sql,
)
from backbone.rows.replaced_sql import READ_SETTINGS, removed_page_sql, replace_statements, replaced_counts, replaced_page_sql
from backbone.rows.store import RowStore

ROWS = 3_000
COLUMNS = (
    Column(name="sku", title="sku", type="text"),
    Column(name="n", title="n", type="integer"),
    Column(name="v", title="v", type="decimal"),
)
BELIEFS = {
    "nothing": "",
    "one row": "UPDATE pg_class SET reltuples = 1, relpages = 1 WHERE relname = '{table}'",
    "the truth": "ANALYZE {table}",
}


@pytest.mark.parametrize("layout", ["columns", "cells"])
@pytest.mark.parametrize("mode", ["upsert", "update", "delete"])
@pytest.mark.parametrize("has_duplicates", [True, False])
@pytest.mark.parametrize("belief", BELIEFS)
async def test_no_statement_of_a_merge_loops(engine: AsyncEngine, layout: Layout, mode: Mode, belief: str, has_duplicates: bool) -> None:
    table = Table(id=1, columns=COLUMNS, layout=layout)
    store = RowStore(engine)
    async with transaction(engine) as connection:
        await store.create_table(connection, table)
        await connection.exec_driver_sql(f"ALTER TABLE {table.name} SET (autovacuum_enabled = false)")
        await _fill(connection, table, 1, 0)
    await store.index_rows(table)
    async with transaction(engine) as connection:
        await _fill(connection, table, 2, 1 << 32)
        if statement := BELIEFS[belief].format(table=table.name):
            await connection.exec_driver_sql(statement)
    meant = Meant(key=table.columns[:2])
    rows = (1 << 32, (1 << 32) + ROWS)
    async with transaction(engine) as connection:
        kept = (table.columns[2],) if mode != "delete" else ()
        for statement in (
            *last_statements(table, 2, meant, rows),
            *merge_statements(table, 2, meant, table, kept, mode, rows, has_duplicates=has_duplicates),
        ):
            await _run(connection, statement)
            # Far less than the keys take: as 64 MB are less than those of millions.
            await connection.exec_driver_sql("SET LOCAL work_mem = '64kB'")
        await _run(connection, duplicates_sql(table, 2, rows))
        await _run(connection, merged_counts(mode))
        await _run(connection, repeated_keys_sql(table, 2, meant.key, 10))
        await connection.exec_driver_sql(READ_SETTINGS)
        await _check(connection, changes_sql(table, 2, meant, "").replace("$1", "0::bigint").replace("$2", "50"))


@pytest.mark.parametrize("belief", BELIEFS)
async def test_rows_of_a_merge_are_hashed_with_their_chunks(engine: AsyncEngine, belief: str) -> None:
    """With memory enough, so that they are hashed and not sorted; the older rows in another table, from which they are copied."""
    before, table = await _two_tables(engine, belief)
    by_number = Meant(targets=f"SELECT n._row, o._row FROM {table.name} AS n JOIN {before.name} AS o ON o.v = n.v")
    hashed: list[str] = []
    for meant in (Meant(key=COLUMNS[:2]), by_number):
        async with transaction(engine) as connection:
            statements = merge_statements(table, 2, meant, before, COLUMNS[2:], has_duplicates=True)
            for statement in (*last_statements(table, 2, meant), *statements, copy_merged_sql(before, table, 2)):
                if statement.startswith("SET"):
                    await connection.exec_driver_sql(statement)
                    await connection.exec_driver_sql("SET LOCAL enable_nestloop = off")
                    await connection.exec_driver_sql("SET LOCAL enable_mergejoin = off")
                else:
                    hashed += await _run(connection, statement)
            await connection.rollback()
    assert sum(">> 32" in keys for keys in hashed) >= 8, hashed


@pytest.mark.parametrize("belief", BELIEFS)
@pytest.mark.parametrize("key", [("sku", "n"), ()])
async def test_no_comparison_of_two_tables_loops(engine: AsyncEngine, belief: str, key: tuple[str, ...]) -> None:
    before, after = await _two_tables(engine, belief)
    columns = tuple(column for column in COLUMNS if column.name in key)
    older, newer = View(dataset="d", table=before, version=1), View(dataset="d", table=after, version=2)
    pages = [went_page_sql(newer, columns, older), came_page_sql(newer, columns, older, "")]
    async with transaction(engine) as connection:
        for statement in replace_statements(after, 2, columns):
            await _run(connection, statement)
        if key:
            pages += [removed_page_sql(after, 2, columns, older), replaced_page_sql(after, 2, columns, older, "")]
            await _check(connection, replaced_counts(after, 2, columns, older))
        await connection.exec_driver_sql(READ_SETTINGS)
        for page in pages:
            await _check(connection, page.replace("$1", "0::bigint").replace("$2", "50"))


async def test_a_small_edit_of_a_large_table_is_marked_by_row_number(engine: AsyncEngine) -> None:
    """It does not read the whole table once more for the few rows that it meets."""
    table = Table(id=1, columns=COLUMNS)
    store = RowStore(engine)
    async with transaction(engine) as connection:
        await store.create_table(connection, table)
        for version in range(1, 11):
            await _fill(connection, table, version, version << 32)
        await connection.exec_driver_sql(f"INSERT INTO {table.name} VALUES (11, NULL, {11 << 32}, 'k7', 7, 0)")
    await store.index_rows(table)
    rows = (11 << 32, 12 << 32)
    async with transaction(engine) as connection:
        meant = Meant(key=table.columns[:2])
        for statement in (
            *last_statements(table, 11, meant, rows),
            *merge_statements(table, 11, meant, table, rows=rows, has_duplicates=True, few=True),
        ):
            if statement.startswith(f"UPDATE {table.name}"):
                plan = (await connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}")).scalar_one()
                plan = json.loads(plan) if isinstance(plan, str) else plan
                scans = [
                    node for node in _nodes(plan[0]["Plan"]) if node.get("Relation Name") == table.name and "Scan" in node["Node Type"]
                ]
                assert [node["Node Type"] for node in scans if node["Node Type"] == "Seq Scan"] == [], statement
            await connection.exec_driver_sql(statement)


async def _two_tables(engine: AsyncEngine, belief: str) -> tuple[Table, Table]:
    """Of three chunks each, of versions 1 and 2."""
    tables = Table(id=1, columns=COLUMNS), Table(id=2, columns=COLUMNS)
    async with transaction(engine) as connection:
        for version, table in enumerate(tables, 1):
            await RowStore(engine).create_table(connection, table)
            await connection.exec_driver_sql(f"ALTER TABLE {table.name} SET (autovacuum_enabled = false)")
            for chunk in range(3):
                await _fill(connection, table, version, (3 * version + chunk) << 32)
            if statement := BELIEFS[belief].format(table=table.name):
                await connection.exec_driver_sql(statement)
    return tables


async def _fill(connection: AsyncConnection, table: Table, version: int, first_row: int) -> None:
    values = "'k' || i % 2500, i % 2500, i" if table.layout == "columns" else "ARRAY['k' || i % 2500, (i % 2500)::text, i::text]"
    await connection.exec_driver_sql(
        f"INSERT INTO {table.name} SELECT {version}, NULL, {first_row} + i, {values} FROM generate_series(0, {ROWS - 1}) AS i"
    )


async def _run(connection: AsyncConnection, statement: str) -> list[str]:
    hashed = [] if statement.startswith(("SET", "DROP", "ANALYZE")) else await _check(connection, statement)
    await connection.exec_driver_sql(statement)
    return hashed


async def _check(connection: AsyncConnection, statement: str) -> list[str]:
    """What its plan hashes."""
    plan = (await connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}")).scalar_one()
    plan = json.loads(plan) if isinstance(plan, str) else plan
    loops = [node for node in _nodes(plan[0]["Plan"]) if _is_loop(node)]
    assert not loops, (statement, loops)
    hashed = [keys for node in _nodes(plan[0]["Plan"]) if (keys := _hashed(node))]
    # Row 1 of chunk 2 and row 2 of chunk 1 have the same hash (`numbers_sql`).
    alone = [keys for keys in hashed if re.search(r"\b_row\b|\brow\b|\bolder\b", keys) and ">> 32" not in keys]
    assert not alone, (statement, alone)
    return hashed


def _is_loop(node: dict[str, Any]) -> bool:
    """Through a table for each row. One that is hashed is a loop, too, once its keys are more than memory holds; one over the cells of the
    row itself is none."""
    if node["Node Type"] == "Nested Loop":
        return True
    return node.get("Parent Relationship") == "SubPlan" and any("Relation Name" in below for below in _nodes(node))


def _hashed(node: dict[str, Any]) -> str:
    return str(node.get("Hash Cond") or (", ".join(node["Group Key"]) if node.get("Strategy") == "Hashed" else ""))


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", []):
        yield from _nodes(child)
