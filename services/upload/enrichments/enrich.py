"""From what is kept of an enrichment to what asks and runs it."""

from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.datasets import read_view
from backbone.catalog.source_runs import RunRecord
from backbone.catalog.sources import SourceRecord
from backbone.outgoing.client import Outgoing
from backbone.postgres.engine import transaction
from services.upload.enrichments.preview import preview
from services.upload.enrichments.remote import FetchedList, Lookups
from services.upload.enrichments.responses import EnrichmentPreview
from services.upload.enrichments.run_enrichment import RunningEnrichment
from services.upload.enrichments.settings import Definition, LookupSettings, read_definition, read_place
from services.upload.enrichments.target import find_target
from services.upload.receive.receive import Receiver
from services.upload.sources.settings import Secret


def open_remote(kind: str, definition: Definition, secret: Secret, outgoing: Outgoing) -> Lookups | FetchedList:
    """Raises `BadRequest`, `Refused`."""
    fields = [field.field for field in definition.fields]
    place = read_place(kind, definition.place)
    if isinstance(place, LookupSettings):
        return Lookups(place, fields, secret, outgoing)
    return FetchedList(place, fields, secret, outgoing)


async def run_enrichment(receiver: Receiver, outgoing: Outgoing, run: RunRecord, source: SourceRecord, secret: Secret) -> str:
    """The state in which the run ends. As `RunningEnrichment.carry_out`."""
    definition = read_definition(source.settings)
    place = read_place(source.kind, definition.place)
    cache_s = place.cache_s if isinstance(place, LookupSettings) else 0
    remote = open_remote(source.kind, definition, secret, outgoing)
    return await RunningEnrichment(run, source, definition, remote, cache_s, receiver).carry_out()


async def preview_enrichment(
    engine: AsyncEngine, outgoing: Outgoing, kind: str, dataset: str, definition: Definition, secret: Secret
) -> EnrichmentPreview:
    async with transaction(engine) as connection:
        view = await read_view(connection, dataset)
    target = find_target(definition, view.table)
    return await preview(engine, view, target, open_remote(kind, definition, secret, outgoing))
