"""Rows as the lines of a bulk request: an action and a document each, or a deletion."""

from collections.abc import AsyncIterator
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.model import Table
from backbone.postgres.columns_sql import document_sql
from backbone.postgres.copied_lines import JSON_LINES, LineBlocks
from backbone.postgres.copy_out import copy_out

BULK_BYTES: Final = 4 * 1024 * 1024  # a bulk request has its price: of 1 MiB each, Elasticsearch takes a tenth longer (0019)


def documents_where(engine: AsyncEngine, table: Table, condition: str, *, as_visible: bool = False) -> AsyncIterator[bytes]:
    action = """'{"index":{"_id":"' || t._row || '"}}'"""
    query = f"SELECT {action}, {document_sql(table, as_visible=as_visible)} FROM {table.name} AS t WHERE {condition}"
    return copy_out(engine, query, LineBlocks(BULK_BYTES), **JSON_LINES)


def deletions_where(engine: AsyncEngine, table: Table, condition: str) -> AsyncIterator[bytes]:
    action = """'{"delete":{"_id":"' || t._row || '"}}'"""
    return copy_out(engine, f"SELECT {action} FROM {table.name} AS t WHERE {condition}", LineBlocks(), **JSON_LINES)
