"""The indexer: puts loaded chunks into the search index, publishes versions, and cleans up after uploads that failed."""

from functools import partial

from backbone import events
from backbone.adapters.database import check_postgres
from backbone.consume import Subscription
from backbone.service import Service
from backbone.wiring import Backbone
from services.indexer.clean_up import clean_up
from services.indexer.index_chunk import index_chunk
from services.indexer.publish import publish
from services.indexer.remove import remove
from services.indexer.remove_dataset import remove_dataset
from services.indexer.settle import settle
from services.indexer.sweep import sweep


def build(backbone: Backbone) -> Service:
    work = {
        events.CHUNK_LOADED: partial(index_chunk, backbone),
        events.UPLOAD_INDEXED: partial(publish, backbone),
        events.UPLOAD_ENDED: partial(clean_up, backbone),
    }
    # Groups of their own: settling a large table takes a while, and no publish should wait behind it. Nor should a shutdown: it is begun anew.
    rest = {events.VERSION_PUBLISHED: partial(settle, backbone)}
    tidying = {
        events.VERSION_PUBLISHED: partial(sweep, backbone),
        events.VERSIONS_CHANGED: partial(sweep, backbone),
        events.UPLOAD_REMOVING: partial(remove, backbone),
        events.DATASET_REMOVED: partial(remove_dataset, backbone),
    }
    return Service(
        name="indexer",
        subscriptions=[
            Subscription(group="indexer", handlers=work, parallel=backbone.settings.indexer_parallel),
            Subscription(group="indexer-settle", handlers=rest, parallel=1, finish_s=0.0),
            Subscription(group="indexer-tidy", handlers=tidying, parallel=1, finish_s=0.0),
        ],
        needs={"postgres": partial(check_postgres, backbone.engine), "search": backbone.index.check, "events": backbone.log.check},
    )
