"""What an enrichment would make of the first ten rows. Asks the remote API for these, and keeps nothing."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.enrichment_values import Outcome
from backbone.columns.sent_values import texts_of
from backbone.model import ROWS_FROM, Column, View
from backbone.rows.chosen_values import ChosenRow, read_chosen
from services.upload.enrichments.answers import read_answer
from services.upload.enrichments.column_kinds import ColumnKinds
from services.upload.enrichments.remote import FetchedList, Lookups
from services.upload.enrichments.responses import EnrichmentPreview, PreviewRow
from services.upload.enrichments.target import Target

ROWS: Final = 10


async def preview(engine: AsyncEngine, view: View, target: Target, remote: Lookups | FetchedList) -> EnrichmentPreview:
    """Raises `Rejected`, `RemoteAway`, `Unavailable`."""
    page = await read_chosen(engine, view, target.column, (), ROWS_FROM, limit=ROWS)
    values = list(dict.fromkeys(row.value for row in page if row.value))
    outcomes = {value: outcome async for value, outcome in remote.outcomes(values)}
    kinds = ColumnKinds(target.columns)
    kinds.note([read_answer(outcome.answer) for outcome in outcomes.values() if outcome.answer is not None])
    columns = kinds.decide()
    known = {target.columns[index].name for index in target.known}
    return EnrichmentPreview(
        version=view.version,
        rows=[_shown(row, outcomes, columns) for row in page],
        columns={column.title: column.type for column in columns},
        new_columns=[column.title for column in columns if column.name not in known],
    )


def _shown(row: ChosenRow, outcomes: Mapping[str, Outcome], columns: Sequence[Column]) -> PreviewRow:
    number = str(row.row)
    if not row.value:
        return PreviewRow(row=number, value=row.value, outcome="empty")
    outcome = outcomes[row.value]
    if outcome.state == "MISSING":
        return PreviewRow(row=number, value=row.value, outcome="missing")
    if outcome.answer is None:
        return PreviewRow(row=number, value=row.value, outcome="failed", reason=outcome.reason)
    fields: dict[str, str | None] = {}
    for column, cell in zip(columns, read_answer(outcome.answer), strict=True):
        (text,), unfit = texts_of(column, [cell])
        if unfit:
            return PreviewRow(row=number, value=row.value, outcome="failed", reason=f"{column.title}: {unfit[0].detail}")
        fields[column.title] = text
    return PreviewRow(row=number, value=row.value, outcome="found", fields=fields)
