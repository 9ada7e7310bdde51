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
    pace = RateLimiter(backbone.settings.parser_rows_per_s)
    handlers = {
        events.CHUNK_PLANNED: partial(load_chunk, backbone, pace),
        events.UPLOAD_LOADED: partial(merge, backbone),
    }
    return Service(
        name="parser",
        subscriptions=[Subscription(group="parser", handlers=handlers, parallel=backbone.settings.parser_parallel)],
        needs={"postgres": partial(check_postgres, backbone.engine), "files": backbone.files.check, "events": backbone.log.check},
    )
