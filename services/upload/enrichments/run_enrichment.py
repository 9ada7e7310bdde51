"""One run of an enrichment:

    settle what a run before has left ───▶ look up each value that nobody knows ───▶ write the fields of the rows that change as one upload

Both go through a version's rows a page at a time, and what is looked up is written down as it comes (`catalog/enrichment_values.py`): whoever goes
on after a crash asks for the rest alone.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import msgspec
import uuid_utils
from msgspec import structs

from backbone.catalog.datasets import dataset_row, read_view
from backbone.catalog.enrichment_values import (
    Outcome,
    Tally,
    digest_of,
    forget_old,
    found_answers,
    keep_outcomes,
    outcomes_of,
    take_known,
    tally_of,
)
from backbone.catalog.source_fetches import begin_fetch
from backbone.catalog.source_runs import RunRecord, keep_counts
from backbone.catalog.sources import SourceRecord
from backbone.columns.sent_values import Cell, texts_of
from backbone.csvread.batch_file import NULL, null_text
from backbone.errors import Rejected, TooLarge
from backbone.lifecycle.edit_rows import enrichment_options
from backbone.lifecycle.receive_upload import NewUpload
from backbone.lifecycle.upload_queue import is_busy
from backbone.model import ROWS_FROM, Column, View
from backbone.postgres.engine import transaction
from backbone.rows.chosen_values import ChosenRow, read_chosen, rows_per_page
from services.upload.enrichments.answers import read_answer
from services.upload.enrichments.column_kinds import ColumnKinds
from services.upload.enrichments.counts import EnrichmentCounts, Unfit, findings_of, tell_failed, with_tally
from services.upload.enrichments.remote import FetchedList, Lookups
from services.upload.enrichments.rows_upload import Rows, RowsFile, upload_rows
from services.upload.enrichments.settings import Definition
from services.upload.enrichments.target import Target, find_target
from services.upload.receive.receive import Receiver
from services.upload.sources.left_behind import done_before, settle_left_behind
from services.upload.sources.place import THE_ONE

VALUES_MAX: Final = 500_000  # distinct, of one run
ANSWERS_AT_ONCE: Final = 1_000
LOOK_AGAIN_S: Final = 0.5
LOOKS_MAX: Final = 60


@dataclass
class RunningEnrichment:
    run: RunRecord
    source: SourceRecord
    definition: Definition
    remote: Lookups | FetchedList
    cache_s: float  # so old an answer may be
    receiver: Receiver
    rows: int = 0  # looked at
    empty: int = 0  # of these, without a value
    tally: Tally = field(default_factory=Tally)
    unfit: Unfit = field(default_factory=Unfit)

    async def carry_out(self) -> str:
        """The state in which the run ends. Raises `Conflict` when it is no longer this process's, `Rejected`, `RemoteAway`, `Unavailable`."""
        await settle_left_behind(self.receiver.engine, self.source.id, self.run.id)
        if await done_before(self.receiver.engine, self.run.id):
            return "DONE"
        async with transaction(self.receiver.engine) as connection:
            view = await read_view(connection, self.source.dataset)
        target = find_target(self.definition, view.table)
        await self._look_up(view, target)
        await self._wait_until_idle()
        async with transaction(self.receiver.engine) as connection:
            view = await read_view(connection, self.source.dataset)  # look-ups may have taken hours
        target = find_target(self.definition, view.table)
        state = await self._upload(view, target)
        await self._keep_counts()
        async with transaction(self.receiver.engine) as connection:
            await forget_old(connection, self.run, self._asked_since)
        if state == "UNCHANGED":
            self._refuse_if_all_failed(target)
        return state

    @property
    def _asked_since(self) -> datetime:
        """With `again`, what was asked for before this run does not count."""
        return self.run.created_at - timedelta(seconds=0 if self.run.again else self.cache_s)

    async def _look_up(self, view: View, target: Target) -> None:
        seen: set[bytes] = set()
        async for page in self._pages(view, target):
            self.rows += len(page)
            self.empty += sum(not row.value for row in page)
            values = {digest: row.value for row in page if row.value and (digest := digest_of(row.value)) not in seen}
            seen |= values.keys()
            if len(seen) > VALUES_MAX:
                detail = f"Column {target.column.title!r} has more than {VALUES_MAX} different values, and one run looks up no more."
                raise TooLarge("too-many-values", detail)
            await self._look_up_values(values)
        await self._keep_counts()

    async def _look_up_values(self, values: Mapping[bytes, str]) -> None:
        async with transaction(self.receiver.engine) as connection:
            known = await take_known(connection, self.run, values.values(), self._asked_since)
        waiting: dict[str, Outcome] = {}
        try:
            async for value, outcome in self.remote.outcomes([value for digest, value in values.items() if digest not in known]):
                waiting[value] = outcome
                if len(waiting) >= self.remote.kept_at_once:
                    await self._keep(waiting)
        finally:
            await self._keep(waiting)

    async def _keep(self, outcomes: dict[str, Outcome]) -> None:
        if not outcomes:
            return
        async with transaction(self.receiver.engine) as connection:
            await keep_outcomes(connection, self.run, outcomes)
        outcomes.clear()

    async def _wait_until_idle(self) -> None:
        """What others write meanwhile would change rows under their numbers; one that is held for a person is not waited for long."""
        for _ in range(LOOKS_MAX):
            async with transaction(self.receiver.engine) as connection:
                dataset = await dataset_row(connection, self.source.dataset)
                if not await is_busy(connection, dataset["id"]):
                    return
            await asyncio.sleep(LOOK_AGAIN_S)

    async def _upload(self, view: View, target: Target) -> str:
        columns, null = await self._decide(target)
        batches = self._changes(view, target, columns)
        first = await anext(batches, None)
        if first is None:
            return "UNCHANGED"
        async with transaction(self.receiver.engine) as connection:
            upload_id = await begin_fetch(connection, self.run, THE_ONE, "", str(uuid_utils.uuid7()))
        on_warning = self.source.options.get("on_warning", "publish")
        new = NewUpload(
            id=upload_id,
            dataset=self.source.dataset,
            file_name=f"{self.source.name}.csv",
            mode="update",
            hold=False,
            options=enrichment_options(self.source.name, on_warning),
        )
        file = RowsFile(
            columns=tuple(structs.replace(column, nulls=(), declared=None) for column in columns),
            null=null,
            batches=_with_first(first, batches),
            findings=lambda: findings_of(self.source.name, target.title, self.counts),
        )
        await upload_rows(self.receiver, new, file)
        await settle_left_behind(self.receiver.engine, self.source.id, self.run.id)
        return "DONE"

    def _refuse_if_all_failed(self, target: Target) -> None:
        """There is no upload that would tell. Raises `Rejected`."""
        counts = self.counts
        if counts.failed and not counts.found and not counts.missing:
            raise Rejected("lookups-failed", tell_failed(self.source.name, target.title, counts))

    async def _decide(self, target: Target) -> tuple[tuple[Column, ...], str]:
        """The columns with their types, and a text for null that no value is."""
        kinds = ColumnKinds(target.columns)
        like_null: set[str] = set()
        after = b""
        while True:
            async with transaction(self.receiver.engine) as connection:
                found = await found_answers(connection, self.run, after, ANSWERS_AT_ONCE)
            if not found:
                return kinds.decide(), null_text(like_null)
            answers = [read_answer(answer) for _, answer in found]
            kinds.note(answers)
            like_null |= {cell for cells in answers for cell in cells if isinstance(cell, str) and cell.startswith(NULL)}
            after = found[-1][0]

    async def _changes(self, view: View, target: Target, columns: Sequence[Column]) -> AsyncIterator[Rows]:
        async for page in self._pages(view, target):
            async with transaction(self.receiver.engine) as connection:
                outcomes = await outcomes_of(connection, self.run, {row.value for row in page if row.value})
            changed = await asyncio.to_thread(self._fitting, page, outcomes, target, columns)
            if changed:
                yield changed

    def _fitting(self, page: Collection[ChosenRow], outcomes: Mapping[bytes, Outcome], target: Target, columns: Sequence[Column]) -> Rows:
        """What is to be written of a page: fields that were found, and nulls where there is something that is no longer known."""
        wanted: list[tuple[ChosenRow, Sequence[Cell]]] = []
        for row in page:
            outcome = outcomes.get(digest_of(row.value)) if row.value else None
            if outcome is not None and outcome.state == "FOUND" and outcome.answer is not None:
                wanted.append((row, read_answer(outcome.answer)))
            elif outcome is not None and outcome.state == "MISSING" and any(text is not None for text in row.others):
                wanted.append((row, [None] * len(columns)))
        texts: list[list[str | None]] = []
        unfit: set[int] = set()
        for index, column in enumerate(columns):
            written, misfits = texts_of(column, [cells[index] for _, cells in wanted])
            texts.append(written)
            for one in misfits:
                unfit.add(one.row)
                self.unfit.note(wanted[one.row][0].value or "", f"{column.title}: {one.detail}")
        is_all_known = len(target.known) == len(columns)
        return [
            (row.row, fields)
            for number, ((row, _), fields) in enumerate(zip(wanted, zip(*texts, strict=True), strict=True))
            if number not in unfit and not (is_all_known and fields == row.others)
        ]

    async def _pages(self, view: View, target: Target) -> AsyncIterator[list[ChosenRow]]:
        limit, after = rows_per_page(view), ROWS_FROM
        while True:
            only_empty = self.run.only_new
            page = await read_chosen(self.receiver.engine, view, target.column, target.filled, after, limit=limit, only_empty=only_empty)
            if not page:
                return
            yield page
            after = page[-1].row

    @property
    def counts(self) -> EnrichmentCounts:
        keyless = self.remote.index.keyless if isinstance(self.remote, FetchedList) else 0
        return with_tally(
            EnrichmentCounts(rows=self.rows, empty=self.empty, asked=self.remote.asked, keyless=keyless), self.tally, self.unfit
        )

    async def _keep_counts(self) -> None:
        async with transaction(self.receiver.engine) as connection:
            self.tally = await tally_of(connection, self.run)
            await keep_counts(connection, self.run, msgspec.to_builtins(self.counts))


async def _with_first(first: Rows, others: AsyncIterator[Rows]) -> AsyncIterator[Rows]:
    yield first
    async for batch in others:
        yield batch
