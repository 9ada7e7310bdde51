"""The catalog: what PostgreSQL knows of datasets, tables, versions, uploads, chunks, rejects and events. Every constraint is named."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "fk": "%(table_name)s_%(column_0_name)s_fk",
        "uq": "%(table_name)s_%(column_0_name)s_key",
        "ix": "%(table_name)s_%(column_0_name)s_index",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)
_now = func.now()
_BEGIN = {"dataset": "varchar_pattern_ops"}  # compared by how it begins

datasets = Table(
    "datasets",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("name", String(60), nullable=False, unique=True),
    Column("removed_name", String(60)),  # that it had; its uploads go by it until they are gone
    Column("title", Text, nullable=False),
    Column("version", Integer, nullable=False, server_default="0"),  # the published one; 0: none yet
    Column("next_chunk", Integer, nullable=False, server_default="0"),  # only grows, so a `_row` is never used twice
    Column("versions_kept", Integer),  # null: ROWMILL_VERSIONS_KEPT
    Column("longest_row", BigInteger, nullable=False, server_default="0"),  # characters: no row of any upload so far has more
    Column("search", JSONB, nullable=False, server_default="{}"),  # what was said of its search: weights of columns, the language
    Column("guards", JSONB, nullable=False, server_default="{}"),  # that hold for each of its files, whatever the upload says
    Column("pins", JSONB, nullable=False, server_default="[]"),  # groups that its page shows first
    Column("owner", Text, nullable=False, server_default=""),  # the id of the key that made it; empty: nobody was asked
    Column("words_version", Integer),  # whose words `dataset_words` has; null: of none
    Column("removed_at", DateTime(timezone=True)),  # no reader sees it any more; its traces are being removed
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=_now),
    Index("datasets_removed_name_index", "removed_name", postgresql_where=text("removed_name IS NOT NULL")),
    Index("datasets_owner_index", "owner", postgresql_where=text("owner <> ''")),
    Index(
        "datasets_wordless_index",
        "id",
        postgresql_where=text("version > 0 AND removed_at IS NULL AND words_version IS DISTINCT FROM version"),
    ),
)

row_tables = Table(  # a *table* of the glossary; each owns one PostgreSQL table and one search index named rows_{id}
    "row_tables",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("dataset_id", ForeignKey("datasets.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("columns", JSONB, nullable=False),
    Column("layout", String(10), nullable=False),
    Column("reread", JSONB),  # columns that were given other types afterwards; null: none
    Column("words_rule", SmallInteger, nullable=False, server_default="1"),  # by which the documents of its index were made
    Column("language", String(20), nullable=False, server_default="none"),
    Column("documents", String(10), nullable=False, server_default="there"),  # none, old, coming, there
    Column("shards", SmallInteger, nullable=False, server_default="1"),  # of its search index, made with so many and never changed
    Column("swept_version", Integer, nullable=False, server_default="0"),  # rows superseded in it or before are gone
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=_now),
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("dataset", String(60), nullable=False),  # the name that it was sent to, which counts until it belongs to a dataset
    Column("dataset_id", ForeignKey("datasets.id", ondelete="CASCADE")),
    Column("file_name", Text, nullable=False),
    Column("file_key", Text, nullable=False),  # where the original lies in the file store
    Column("reading_key", Text),  # the UTF-8 copy the chunks are cut in, where the original cannot be read as it is
    Column("size_bytes", BigInteger),
    Column("sha256", String(64)),
    Column("mode", String(10), nullable=False),
    Column("key", JSONB, nullable=False, server_default="[]"),
    Column("hold", Boolean, nullable=False, server_default="false"),
    Column("options", JSONB, nullable=False, server_default="{}"),  # what the user said about the file
    Column("state", String(12), nullable=False),
    Column("stage", String(10)),
    Column("version", Integer),
    Column("table_id", ForeignKey("row_tables.id", ondelete="SET NULL")),
    Column("copied_from", BigInteger),  # the table whose rows are brought into this upload's own, under new types
    Column("first_chunk", Integer),  # the dataset's number for this upload's chunk 0
    Column("dialect", JSONB),
    Column("columns", JSONB),
    Column("profile", JSONB),
    Column("findings", JSONB, nullable=False, server_default="{}"),  # by the stage that found them: scan, start, load
    Column("records", BigInteger),
    Column("rows", BigInteger, nullable=False, server_default="0"),
    Column("rejects", BigInteger, nullable=False, server_default="0"),
    Column("indexed", BigInteger, nullable=False, server_default="0"),
    Column("inserted", BigInteger),
    Column("updated", BigInteger),
    Column("unchanged", BigInteger),
    Column("duplicates", BigInteger),
    Column("superseded", BigInteger),  # older rows that an upsert replaced
    Column("removed", BigInteger),  # older rows whose key a replacement does not have
    Column("deleted", BigInteger),  # older rows that mode "delete" took out
    Column("missing", BigInteger),  # rows of the file that "update" and "delete" found no row for
    Column("chunks_total", Integer, nullable=False, server_default="0"),
    Column("chunks_loaded", Integer, nullable=False, server_default="0"),
    Column("chunks_indexed", Integer, nullable=False, server_default="0"),
    Column("balance", JSONB),
    Column("error", JSONB),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=_now),
    Column("received_at", DateTime(timezone=True)),
    Column("started_at", DateTime(timezone=True)),
    Column("loaded_at", DateTime(timezone=True)),
    Column("merged_at", DateTime(timezone=True)),
    Column("indexed_at", DateTime(timezone=True)),
    Column("completed_at", DateTime(timezone=True)),
    Column("removing_at", DateTime(timezone=True)),  # its removal from among the others was asked for
    Column("file_removed_at", DateTime(timezone=True)),  # no version that is kept has rows of it
    Column("heartbeat_at", DateTime(timezone=True), nullable=False, server_default=_now),  # while it is received
    Column("same_as", String(36)),  # an upload before it that brought the same file in the same way
    Column("owner", Text, nullable=False, server_default=""),  # the id of the key that sent it; empty: nobody was asked
    Column("cleaned_at", DateTime(timezone=True)),  # when the traces of an upload that failed, was cancelled or undone were gone
    Index("uploads_dataset_state_index", "dataset_id", "state"),
    Index("uploads_created_index", "created_at", "id"),
    Index("uploads_receiving_index", "heartbeat_at", postgresql_where=text("state = 'RECEIVING'")),
    Index("uploads_dataset_sha256_index", "dataset_id", "sha256"),
    Index("uploads_owner_index", "owner", "created_at", postgresql_where=text("owner <> ''")),
    # For lists: by dataset, or by the name it was sent to where it belongs to none, by state, file name and size.
    Index("uploads_of_dataset_index", "dataset_id", "created_at", "id"),
    Index("uploads_unnamed_index", "dataset", "created_at", "id", postgresql_ops=_BEGIN, postgresql_where=text("dataset_id IS NULL")),
    Index("uploads_dataset_created_index", "dataset", "created_at", "id", postgresql_ops=_BEGIN),  # of pods of the version before
    Index("uploads_state_index", "state", "created_at", "id"),
    Index("uploads_name_index", text("left(file_name, 255)"), "id"),
    Index("uploads_size_index", text("coalesce(size_bytes, 0)"), "id"),
    # For the few that something is to be done about.
    Index("uploads_version_index", "dataset_id", "version"),
    Index("uploads_table_index", "table_id"),
    Index("uploads_unclean_index", "dataset_id", "state", postgresql_where=text("version IS NOT NULL AND cleaned_at IS NULL")),
    Index("uploads_with_file_index", "dataset_id", "version", postgresql_where=text("file_removed_at IS NULL")),
    Index("uploads_removing_index", "dataset_id", "removing_at", postgresql_where=text("removing_at IS NOT NULL")),
    Index("uploads_without_rows_index", "created_at", postgresql_where=text("state <> 'COMPLETE' OR file_removed_at IS NOT NULL")),
)

versions = Table(
    "versions",
    metadata,
    Column("dataset_id", ForeignKey("datasets.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("table_id", ForeignKey("row_tables.id", ondelete="SET NULL")),  # null: gone, and the version with it
    Column("upload_id", ForeignKey("uploads.id", ondelete="SET NULL")),  # null: made by a removal, or the upload's record is gone
    Column("rows", BigInteger),  # visible in it; known once the balance was taken
    Column("published_at", DateTime(timezone=True)),
    Column("walked_until", DateTime(timezone=True)),  # somebody reads its pages by cursor: retention lets it stay until then
    Column("removed_at", DateTime(timezone=True)),  # the line stays, for numbers are never used twice
    Column("stands_before", Integer),  # made by a removal, and belongs in front of this version; null: where its number puts it
    Column("removed_why", String(10)),  # undone, withdrawn (an upload in it was removed) or retention
    Index("versions_readable_index", "dataset_id", "number", postgresql_where=text("removed_at IS NULL AND published_at IS NOT NULL")),
    Index("versions_anew_index", "dataset_id", "stands_before", postgresql_where=text("stands_before IS NOT NULL")),
    Index("versions_upload_index", "upload_id"),
    Index("versions_table_index", "table_id"),
)

chunks = Table(
    "chunks",
    metadata,
    Column("upload_id", ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("state", String(10), nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("records", BigInteger, nullable=False),
    Column("first_record", BigInteger, nullable=False),
    Column("first_line", BigInteger, nullable=False),
    Column("clean", Boolean, nullable=False),
    Column("oversized", Boolean, nullable=False),
    Column("findings", JSONB, nullable=False, server_default="[]"),  # of this chunk's load, until all are merged
    Column("rows", BigInteger),
    Column("rejects", BigInteger),
    Column("indexed", BigInteger),
    Column("error", JSONB),
)

rejects = Table(
    "rejects",
    metadata,
    Column("upload_id", ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True),
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Column("chunk", Integer, nullable=False),
    Column("line", BigInteger, nullable=False),
    Column("reason", String(40), nullable=False),
    Column("detail", Text, nullable=False),
    Column("raw", Text, nullable=False),
)

recovered_rows = Table(  # of a table: rejects of a load that became rows when their file was read again
    "recovered_rows",
    metadata,
    Column("table_id", ForeignKey("row_tables.id", ondelete="CASCADE"), primary_key=True),
    Column("row", BigInteger, primary_key=True, autoincrement=False),
)

row_targets = Table(  # which rows an upload means that says so by their numbers and not by a key
    "row_targets",
    metadata,
    Column("upload_id", ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True),
    Column("chunk", Integer, primary_key=True, autoincrement=False),  # of the upload
    Column("position", Integer, primary_key=True, autoincrement=False),  # in the chunk
    Column("row", BigInteger, nullable=False),  # that is meant
)

events = Table(  # the outbox: written in the transaction that makes the event true, published right after, swept after a crash
    "events",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("type", String(40), nullable=False),
    Column("subject", Text, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("traceparent", String(55)),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=_now),
)

chores = Table(  # what is done now and then: one row each, so that of all pods one does it, and a restart forgets nothing
    "chores",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("begun_at", DateTime(timezone=True), nullable=False, server_default=_now),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("key", Text, primary_key=True),
    Column("upload_id", ForeignKey("uploads.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("asked", JSONB, nullable=False),  # dataset and options, so that another request under the same key is noticed
    Column("answer", JSONB),  # the body of the first one's 202; null: it has not been answered so
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=_now),
)

resumables = Table(  # files that are sent in pieces, until their upload is made
    "resumables",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("received_bytes", BigInteger, nullable=False, server_default="0"),  # what has come, without a gap
    Column("metadata", Text, nullable=False),  # as it was sent
    Column("options", JSONB, nullable=False),
    Column("owner", Text, nullable=False, server_default=""),  # the key that began it; empty: nobody was asked
    Column("upload_id", String(36)),  # that was, or is being, made of it
    Column("finished_at", DateTime(timezone=True)),
    Column("touched_at", DateTime(timezone=True), nullable=False, server_default=_now),
    Index("resumables_touched_index", "touched_at"),
)

pieces = Table(
    "pieces",
    metadata,
    Column("resumable_id", ForeignKey("resumables.id", ondelete="CASCADE"), primary_key=True),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),
    Column("length", BigInteger, nullable=False),
    Column("key", Text, nullable=False),  # in the file store
)

workers = Table(
    "workers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("told", JSONB, nullable=False),  # by itself: `catalog/workers.py`
    Column("seen_at", DateTime(timezone=True), nullable=False, server_default=_now),
)

dead_letters = Table(
    "dead_letters",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("subject", Text, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("died_at", DateTime(timezone=True), nullable=False, server_default=_now),
    Column("replayed_at", DateTime(timezone=True)),
)

secrets = Table(  # made once, by whichever process needs it first
    "secrets",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)
