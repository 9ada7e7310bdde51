"""The parser: takes planned chunks, in any order and in parallel with its siblings, and loads them into PostgreSQL."""

from functools import partial

from backbone.consume import Subscription
from backbone.eventlog import events
from backbone.postgres.engine import check_postgres
from backbone.runtime.backoff import RateLimiter
from backbone.service import Service
from backbone.wiring import Backbone
from services.parser.load_chunk import load_chunk
from services.parser.merge import merge


def build(backbone: Backbone) -> Service:
    settings, engine, rows, relay = backbone.settings, backbone.engine, backbone.rows, backbone.relay
    load = partial(
        load_chunk,
        engine=engine,
        files=backbone.files,
        rows=rows,
        relay=relay,
        pace=RateLimiter(settings.parser_rows_per_s),
        rejects_kept_max=settings.rejects_kept_max,
        keeps_documents=backbone.keeps_documents,
    )
    handlers = {
        events.CHUNK_PLANNED: load,
        events.UPLOAD_LOADED: partial(merge, engine=engine, files=backbone.files, rows=rows, history=backbone.history, relay=relay),
    }
    return Service(
        name="parser",
        subscriptions=[Subscription(group="parser", handlers=handlers, parallel=settings.parser_parallel, finish_s=settings.shutdown_s)],
        needs={"postgres": partial(check_postgres, engine), "files": backbone.files.check, "events": backbone.log.check},
    )
