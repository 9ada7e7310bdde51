"""The catalog's tables about sources and enrichments. Every constraint is named."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB

from backbone.catalog.schema import metadata

_now = func.now()

sources = Table(
    "sources",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("name", String(60), nullable=False, unique=True),
    Column("kind", String(20), nullable=False),
    Column("dataset", String(60), nullable=False),
    Column("settings", JSONB, nullable=False),  # of its kind
    Column("secret", Text),  # encrypted
    Column("options", JSONB, nullable=False, server_default="{}"),  # of its uploads, as texts
    Column("schedule", Text, nullable=False, server_default=""),  # a cron expression; empty: only when it is told to
    Column("time_zone", Text, nullable=False, server_default="UTC"),
    Column("jitter_s", Integer, nullable=False, server_default="0"),
    Column("paused", Boolean, nullable=False, server_default="false"),
    Column("owner", Text, nullable=False, server_default=""),  # the id of the key that made it; empty: nobody was asked
    Column("due_at", DateTime(timezone=True)),  # the next time of its schedule
    Column("starts_at", DateTime(timezone=True)),  # that, and its jitter
    Column("planned_at", DateTime(timezone=True), nullable=False, server_default=_now),  # when that was found out
    Column("on_upload", Boolean, nullable=False, server_default="false"),  # of an enrichment: after each publish of its dataset
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=_now),
    Index("sources_on_upload_index", "dataset", postgresql_where=text("on_upload")),
)

source_runs = Table(  # at most one waits and one runs per source: two indices see to that
    "source_runs",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("source_id", ForeignKey("sources.id", ondelete="CASCADE"), nullable=False),
    Column("state", String(10), nullable=False),
    Column("cause", String(10), nullable=False),
    Column("due_at", DateTime(timezone=True)),
    Column("missed", Integer, nullable=False, server_default="0"),  # further times of the schedule that this run makes up
    Column("again", Boolean, nullable=False, server_default="false"),  # also what has not changed
    Column("only_new", Boolean, nullable=False, server_default="false"),  # of an enrichment: rows alone that have nothing of it yet
    Column("counts", JSONB),  # of an enrichment: what it came to
    Column("holder", Text),  # the process that runs it
    Column("lease_until", DateTime(timezone=True)),  # then it is taken for dead
    Column("error", JSONB),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=_now),
    Column("begun_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    Index("source_runs_waiting_index", "source_id", unique=True, postgresql_where=text("state = 'WAITING'")),
    Index("source_runs_running_index", "source_id", unique=True, postgresql_where=text("state = 'RUNNING'")),
    Index("source_runs_source_index", "source_id", "id"),
)

source_fetches = Table(  # written down before the upload begins, so that whoever goes on after a crash knows its id
    "source_fetches",
    metadata,
    Column("run_id", ForeignKey("source_runs.id", ondelete="CASCADE"), primary_key=True),
    Column("item", Text, primary_key=True),
    Column("mark", Text, nullable=False),
    Column("upload_id", String(36), nullable=False),
    Column("settled", Boolean, nullable=False, server_default="false"),
    Index("source_fetches_upload_index", "upload_id"),
    Index("source_fetches_open_index", "run_id", postgresql_where=text("NOT settled")),
)

source_marks = Table(  # what was delivered, by what it could be told from: an ETag, a time, a size
    "source_marks",
    metadata,
    Column("source_id", ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True),
    Column("item", Text, primary_key=True),
    Column("mark", Text, nullable=False),
    Column("refused", Boolean, nullable=False, server_default="false"),  # it was no file that could be taken in
)

enrichment_values = Table(  # what was answered for each value, so that it is asked for once
    "enrichment_values",
    metadata,
    Column("source_id", ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True),
    Column("digest", LargeBinary, primary_key=True),  # of the value: that may be longer than an index takes
    Column("value", Text, nullable=False),
    Column("state", String(10), nullable=False),  # FOUND, MISSING or FAILED
    Column("answer", Text),  # the chosen fields as a JSON array
    Column("reason", Text),  # why it failed
    Column("run_id", String(36), nullable=False),  # that needed it last
    Column("asked_at", DateTime(timezone=True), nullable=False, server_default=_now),
    Index("enrichment_values_run_index", "run_id"),
)
