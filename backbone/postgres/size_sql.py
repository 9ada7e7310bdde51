"""How many bytes a row's values have, in SQL, without reading what PostgreSQL keeps out of line. Pure.

Near enough to decide how many rows to read: what JSON makes of them may be longer, as it escapes characters.
"""

from collections.abc import Sequence

from backbone.model import Column, Table
from backbone.postgres.columns_sql import json_key, quoted
from backbone.types.registry import stored_sql

NULL_BYTES = len("null,")


def size_sql(table: Table, columns: Sequence[Column], alias: str = "t") -> str:
    """Of the chosen columns as JSON, keys included; of a table of cells always all cells."""
    keys = sum(len(json_key(column.name).encode()) + NULL_BYTES for column in columns)
    if table.layout == "cells":
        cells = f"{alias}._cells"  # compressed, its length on disk says little
        return (
            f"({keys} + CASE WHEN pg_column_compression({cells}) IS NULL THEN pg_column_size({cells}) ELSE octet_length({cells}::text) END)"
        )
    texts = [f"coalesce(octet_length({alias}.{quoted(column.name)}), 0)" for column in columns if stored_sql(column) == "text"]
    return f"({' + '.join([str(keys), *texts])})"
