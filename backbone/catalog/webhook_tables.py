"""The catalog's tables about webhooks. Every constraint is named."""

from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Index, Integer, String, Table, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB

from backbone.catalog.schema import metadata

_now = func.now()

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("url", Text, nullable=False),
    Column("datasets", JSONB, nullable=False),  # names, and beginnings of names with `*` behind them
    Column("events", JSONB, nullable=False),
    Column("secret", Text, nullable=False),  # encrypted; what its deliveries are signed with
    Column("paused", Boolean, nullable=False, server_default="false"),
    Column("owner", Text, nullable=False, server_default=""),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=_now),
)

webhook_deliveries = Table(  # written in the transaction that makes the event true; the log of what became of each
    "webhook_deliveries",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("webhook_id", ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False),
    Column("event", String(40), nullable=False),
    Column("dataset", String(60)),
    Column("subject", Text, nullable=False),  # the id of the upload, run or dead letter
    Column("state", String(10), nullable=False, server_default="WAITING"),
    Column("payload", Text),  # as first sent, so that each try says the same
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", DateTime(timezone=True), nullable=False, server_default=_now),
    Column("first_at", DateTime(timezone=True), nullable=False, server_default=_now),  # from when its day of tries counts
    Column("status", Integer),  # of the last answer
    Column("error", Text),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=_now),
    Column("ended_at", DateTime(timezone=True)),
    Index("webhook_deliveries_waiting_index", "next_at", postgresql_where=text("state = 'WAITING'")),
    Index("webhook_deliveries_list_index", "webhook_id", "created_at", "id"),
    Index("webhook_deliveries_created_index", "created_at"),
)
