"""Puts a long history into a catalog by SQL: uploads with their chunks, rejects, versions, audit and deliveries, as if all of it had happened.

Each line is a copy of what one real upload left, under another id, number and time: it is as wide as lines are, its profile among it. One
dataset, that of the real upload, has a fifth of all uploads; its rows are of the first, and of nothing after it, as if each later one had been
superseded and swept up. The others share the rest. Nothing is under way, so that no process has anything to do about it.
"""

from typing import Any, Final

import asyncpg

BUSY: Final = "busy"
UPLOADS_PER_DATASET: Final = 100
REJECTED_EACH: Final = 2
VERSIONS_KEPT: Final = 10
HELD: Final = 20
LETTERS: Final = 10_000  # as many as are kept
KEYS: Final = 5_000

# What became of the uploads, by their number modulo 1000.
STATE: Final = """CASE WHEN n % 1000 < 900 THEN 'COMPLETE' WHEN n % 1000 < 930 THEN 'FAILED' WHEN n % 1000 < 950 THEN 'UNCHANGED'
    WHEN n % 1000 < 970 THEN 'CANCELLED' WHEN n % 1000 < 990 THEN 'UNDONE' ELSE 'DISCARDED' END"""

_SHOPS: Final = """
INSERT INTO datasets (name, title, next_chunk, created_at)
SELECT 'shop-' || n, 'Shop ' || n, 0, now() - interval '1 year' FROM generate_series(1, {datasets}) AS n
"""
_TABLES: Final = """
INSERT INTO row_tables (dataset_id, columns, layout, words_rule, documents)
SELECT d.id, t.columns, t.layout, t.words_rule, t.documents FROM datasets d, row_tables t
WHERE d.name LIKE 'shop-%' AND t.id = (SELECT table_id FROM uploads WHERE id = '{upload}') ORDER BY d.id
"""
# Ids as those of uploads are: a UUID of version 7 begins with its time.
_UPLOADS: Final = """
INSERT INTO uploads (id, dataset, dataset_id, file_name, file_key, size_bytes, sha256, mode, key, options, state, version, table_id, first_chunk,
    dialect, columns, profile, findings, records, rows, rejects, indexed, inserted, updated, unchanged, duplicates, superseded, chunks_total,
    chunks_loaded, chunks_indexed, balance, created_at, received_at, started_at, loaded_at, merged_at, indexed_at, completed_at, cleaned_at,
    file_removed_at)
SELECT substr(u.hex, 1, 8) || '-' || substr(u.hex, 9, 4) || '-7000-8000-' || lpad(to_hex(n), 12, '0'), u.dataset, u.dataset_id,
    'file-' || n % 1000 || '.csv', 'uploads/' || n || '/original', 1000 + n % 100000, md5(n::text) || md5((-n)::text), s.mode, s.key,
    s.options, u.state, row_number() OVER (PARTITION BY u.dataset_id ORDER BY n) + 1, u.table_id,
    ({chunks}) * row_number() OVER (PARTITION BY u.dataset_id ORDER BY n), s.dialect, s.columns, s.profile, s.findings, s.records, s.rows,
    {rejected}, s.indexed, s.inserted, s.updated, s.unchanged, s.duplicates, s.superseded, {chunks}, {chunks}, {chunks}, s.balance,
    u.at, u.at, u.at, u.at, u.at, u.at, u.at, u.at, CASE WHEN u.dataset = '{busy}' THEN u.at END
FROM (
    SELECT n, d.name AS dataset, d.id AS dataset_id, t.id AS table_id, {state} AS state, at,
        lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') AS hex
    FROM (
        SELECT n, now() - interval '1 year' * (1 - n::float8 / {uploads}) - interval '1 hour' AS at,
            CASE WHEN n % 5 = 0 THEN '{busy}' ELSE 'shop-' || (n * 7919 % {datasets} + 1) END AS name
        FROM generate_series(1, {uploads}::bigint) AS n
    ) AS m JOIN datasets d ON d.name = m.name JOIN row_tables t ON t.dataset_id = d.id
) AS u, (SELECT * FROM uploads WHERE id = '{upload}') AS s ORDER BY n
"""
_VERSIONS: Final = """
INSERT INTO versions (dataset_id, number, table_id, upload_id, rows, published_at, removed_at, removed_why)
SELECT dataset_id, version, table_id, id, rows, completed_at, CASE WHEN is_old THEN completed_at END, CASE WHEN is_old THEN 'retention' END
FROM (
    SELECT *, row_number() OVER (PARTITION BY dataset_id ORDER BY version DESC) > {kept} AS is_old FROM uploads
    WHERE state = 'COMPLETE' AND id <> '{upload}'
) AS u
"""
_CURRENT: Final = """
UPDATE datasets AS d SET version = v.number, next_chunk = ({chunks}) * (v.number + 2)
FROM (SELECT dataset_id, max(version) AS number FROM uploads GROUP BY dataset_id) AS newest
JOIN LATERAL (SELECT max(number) AS number FROM versions WHERE dataset_id = newest.dataset_id) AS v ON true
WHERE d.id = newest.dataset_id AND v.number IS NOT NULL
"""
# The version of the real upload is no longer kept; its rows are, as rows that nothing has superseded.
_FIRST: Final = (
    "UPDATE versions SET removed_at = now(), removed_why = 'retention' WHERE upload_id = '{upload}'",
    "UPDATE row_tables SET swept_version = (SELECT min(v.number) FROM versions v WHERE v.table_id = row_tables.id AND v.removed_at IS NULL) "
    "WHERE id = (SELECT table_id FROM uploads WHERE id = '{upload}')",
)
_HELD: Final = """
UPDATE uploads SET state = 'HELD' WHERE id IN (
    SELECT id FROM uploads WHERE state = 'DISCARDED' AND dataset <> '{busy}' ORDER BY created_at DESC LIMIT {held})
"""
_CHUNKS: Final = """
INSERT INTO chunks (upload_id, number, state, "offset", length, records, first_record, first_line, clean, oversized, rows, rejects, indexed)
SELECT u.id, c, 'INDEXED', c * 4194304, 4194304, 20000, c * 20000 + 1, c * 20000 + 2, true, false, 20000, 0, 20000
FROM uploads AS u, generate_series(0, {chunks} - 1) AS c WHERE u.id <> '{upload}'
"""
_REJECTS: Final = """
INSERT INTO rejects (upload_id, record, chunk, line, reason, detail, raw)
SELECT u.id, r, 0, r + 1, s.reason, s.detail, s.raw FROM uploads AS u, generate_series(1, {rejected}) AS r,
    (SELECT * FROM rejects WHERE upload_id = '{upload}' ORDER BY record LIMIT 1) AS s WHERE u.id <> '{upload}'
"""
_AUDIT: Final = """
INSERT INTO audit_events (at, action, principal_id, principal, request_id, dataset, object)
SELECT u.created_at, a.action, md5((u.rows + u.size_bytes % 50)::text), 'program-' || u.size_bytes % 50, md5(u.id), u.dataset, u.id
FROM uploads AS u, (VALUES ('upload.begun'), ('upload.published')) AS a(action) ORDER BY u.created_at
"""
_DELIVERIES: Final = """
INSERT INTO webhook_deliveries (id, webhook_id, event, dataset, subject, state, payload, attempts, next_at, first_at, status, created_at, ended_at)
SELECT md5(u.id || w.id), w.id, 'upload.complete', u.dataset, u.id, 'DELIVERED', '{{}}', 1, u.created_at, u.created_at, 200, u.created_at, u.created_at
FROM webhooks AS w, (SELECT * FROM uploads WHERE state = 'COMPLETE' ORDER BY created_at DESC LIMIT {uploads} / 10) AS u
"""
_LETTERS: Final = """
INSERT INTO dead_letters (id, subject, data, died_at)
SELECT md5(n::text), 'upload/' || n, '{{"event": "{{}}", "error": "a fault", "attempts": 5}}', now() - interval '1 minute' * n
FROM generate_series(1, {letters}) AS n
"""
_KEYS: Final = """
INSERT INTO api_keys (id, name, hash, scopes, datasets, created_by)
SELECT md5('k' || n)::varchar(16), 'program-' || n, md5(n::text) || md5((-n)::text), '["read"]', '["*"]', 'the bench' FROM generate_series(1, {keys}) AS n
"""
STEPS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("datasets", (_SHOPS, _TABLES)),
    ("uploads", (_UPLOADS,)),
    ("versions", (_VERSIONS, _CURRENT, *_FIRST, _HELD)),
    ("chunks", (_CHUNKS,)),
    ("rejects", (_REJECTS,)),
    ("audit", (_AUDIT,)),
    ("deliveries", (_DELIVERIES,)),
    ("dead letters", (_LETTERS,)),
    ("keys", (_KEYS,)),
)


async def make_history(url: str, upload_id: str, uploads: int, chunks: int) -> dict[str, Any]:
    """`upload_id`: the real one, COMPLETE and alone, in the dataset BUSY. Returns how many lines each table has, and what they take on disk."""
    sizes = {
        "upload": upload_id,
        "uploads": uploads,
        "chunks": max(1, chunks // uploads),
        "datasets": max(1, uploads // UPLOADS_PER_DATASET),
        "rejected": REJECTED_EACH,
        "kept": VERSIONS_KEPT,
        "held": HELD,
        "letters": LETTERS,
        "keys": KEYS,
        "busy": BUSY,
    }
    connection = await asyncpg.connect(url)
    try:
        for _, statements in STEPS:
            for statement in statements:
                await connection.execute(statement.format(**sizes, state=STATE))
        await connection.execute("VACUUM ANALYZE")
        names = ("datasets", "uploads", "versions", "chunks", "rejects", "audit_events", "webhook_deliveries")
        counted = {name: int(await connection.fetchval(f"SELECT count(*) FROM {name}")) for name in names}
        size = await connection.fetchval("SELECT pg_database_size(current_database())")
        per_upload = await connection.fetchval("SELECT pg_total_relation_size('uploads') / greatest(1, (SELECT count(*) FROM uploads))")
        return {**counted, "bytes": int(size), "bytes_per_upload": int(per_upload)}
    finally:
        await connection.close()
