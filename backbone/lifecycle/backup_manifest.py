"""What a backup is made of, as its `manifest.json` says it. Pure.

In the folder: `manifests/TIME.json` for each backup and `manifest.json` for the newest; `tables/SHA256` for what PostgreSQL held, and
`files/KEY` for the stored files, which many backups share.
"""

from typing import Final

import msgspec
from msgspec import Struct

from backbone.errors import Rejected

NEWEST: Final = "manifest.json"
MANIFESTS: Final = "manifests/"
TABLES: Final = "tables/"
FILES: Final = "files/"
FORMAT: Final = 1

# In an order in which each comes after those that it points to.
KEPT: Final = (
    "datasets",
    "row_tables",
    "uploads",
    "row_targets",
    "versions",
    "dataset_words",
    "chunks",
    "rejects",
    "recovered_rows",
    "idempotency_keys",
    "api_keys",
    "dead_letters",
    "audit_events",
    "sources",
    "source_runs",
    "source_fetches",
    "source_marks",
    "webhooks",
)
# What belongs to a running Rowmill, and not to its data: events on their way, who is there, what signs cursors, files that have not wholly come.
LEFT_OUT: Final = ("events", "chores", "workers", "secrets", "resumables", "pieces", "webhook_deliveries", "enrichment_values")


class TableCopy(Struct, frozen=True, kw_only=True):
    """Rows in PostgreSQL's binary COPY format, by these columns."""

    name: str
    columns: tuple[str, ...]
    bytes: int
    sha256: str

    @property
    def key(self) -> str:
        return TABLES + self.sha256


class FileCopy(Struct, frozen=True, kw_only=True):
    key: str
    bytes: int
    sha256: str


class Manifest(Struct, frozen=True, kw_only=True):
    """`schema`: the step of the database's schema. `datasets`: their names."""

    format: int
    rowmill: str
    schema: str
    made_at: str
    datasets: tuple[str, ...]
    tables: tuple[TableCopy, ...]
    files: tuple[FileCopy, ...]


def write_manifest(manifest: Manifest) -> bytes:
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"


def read_manifest(content: bytes) -> Manifest:
    """Raises `Rejected`."""
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Rejected("bad-backup", f"manifest.json is none of ours, or is damaged: {error}.") from None
    if manifest.format != FORMAT:
        raise Rejected(
            "bad-backup", f"The backup has format {manifest.format}, and this Rowmill reads {FORMAT}. Restore it with the one that made it."
        )
    return manifest


def manifest_key(made_at: str) -> str:
    return f"{MANIFESTS}{made_at.replace(':', '').replace('-', '')}.json"
