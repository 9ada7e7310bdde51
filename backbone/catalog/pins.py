"""Pins of a dataset: groups that somebody has made of its rows, kept so that everybody who looks at it sees them. They are of the rows as
they are then; a column that is no more makes a pin a question that is refused."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.audit import note
from backbone.catalog.datasets import dataset_row
from backbone.catalog.schema import datasets

PINS_MAX: Final = 24
Chart = Literal["bars", "line", "histogram"]
Said = Annotated[str, Meta(max_length=2000)]


class Pin(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`by`, `agg`, `q` and `filter` as those of the dataset's groups; `title` is the reader's own."""

    title: Annotated[str, Meta(min_length=1, max_length=200)]
    chart: Chart = "bars"
    by: Annotated[str, Meta(min_length=1, max_length=300)]
    agg: Annotated[str, Meta(min_length=1, max_length=300)] = "count"
    q: Said = ""
    filter: Annotated[list[Said], Meta(max_length=20)] = []


def read_pins(stored: Any) -> list[Pin]:
    return msgspec.convert(stored or [], list[Pin])


async def change_pins(connection: AsyncConnection, dataset: str, pins: Sequence[Pin]) -> None:
    """All of them, in their order. Raises `NotFound`."""
    row = await dataset_row(connection, dataset)
    await connection.execute(update(datasets).where(datasets.c.id == row["id"]).values(pins=msgspec.to_builtins(list(pins))))
    await note(connection, "dataset.changed", dataset=dataset, pins=[pin.title for pin in pins])
