"""The catalog's tables about who may do what, and who did. Every constraint is named."""

from sqlalchemy import BigInteger, Column, DateTime, Index, String, Table, Text, func
from sqlalchemy.dialects.postgresql import JSONB

from backbone.catalog.schema import metadata

_now = func.now()

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("name", Text, nullable=False),
    Column("hash", String(64), nullable=False, unique=True),  # SHA-256; the key itself is nowhere
    Column("scopes", JSONB, nullable=False),
    Column("datasets", JSONB, nullable=False),  # names, and beginnings of names with `*` behind them
    Column("created_by", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=_now),
    Column("expires_at", DateTime(timezone=True)),
    Column("last_used_at", DateTime(timezone=True)),  # to the minute
    Column("revoked_at", DateTime(timezone=True)),
)

audit_events = Table(  # lines that are added and forgotten; a trigger refuses to rewrite them
    "audit_events",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=_now),
    Column("action", Text, nullable=False),
    Column("principal_id", Text, nullable=False),  # empty: nobody was asked, or nobody asked
    Column("principal", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("dataset", Text),
    Column("object", Text),  # the id of the upload or key that it is about
    Column("detail", JSONB, nullable=False, server_default="{}"),
    Index("audit_events_at_index", "at"),
    Index("audit_events_dataset_index", "dataset", "number"),
    Index("audit_events_action_index", "action", "number"),
    Index("audit_events_principal_id_index", "principal_id", "number"),
    Index("audit_events_principal_index", "principal", "number"),
)
