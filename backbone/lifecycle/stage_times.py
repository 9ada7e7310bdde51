"""How long each stage of a published upload took, by the times in its row. An upload that waited for a person is not among them."""

from itertools import pairwise
from typing import Final

from sqlalchemy import RowMapping

from backbone.metrics import STAGE_SECONDS

# Each stage with the moment at which it ended; the first begins with the upload.
STAGES: Final = {
    "receiving": "received_at",
    "queued": "started_at",
    "loading": "loaded_at",
    "merging": "merged_at",
    "indexing": "indexed_at",
    "publishing": "completed_at",
}


def observe_stages(upload: RowMapping) -> None:
    """Nothing where it is not COMPLETE."""
    if upload["state"] != "COMPLETE":
        return
    moments = [upload["created_at"], *(upload[end] for end in STAGES.values())]
    for stage, (began, ended) in zip(STAGES, pairwise(moments), strict=True):
        if began is not None and ended is not None:
            STAGE_SECONDS.labels(stage).observe(max(0.0, (ended - began).total_seconds()))
    STAGE_SECONDS.labels("all").observe(max(0.0, (upload["completed_at"] - upload["created_at"]).total_seconds()))
