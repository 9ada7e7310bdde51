"""Queries on databases that users name, as a stream of CSV: PostgreSQL writes it itself, others by SQLAlchemy and their drivers."""

from backbone.outgoing.databases.stream import stream_query

__all__ = ["stream_query"]
