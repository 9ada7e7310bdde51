"""The indexer: puts loaded chunks into the search index, publishes versions, and cleans up after uploads that failed."""

from functools import partial

from backbone.consume import Subscription
from backbone.eventlog import events
from backbone.postgres.engine import check_postgres
from backbone.service import Service
from backbone.wiring import Backbone
from services.indexer.indexing.build_search_index import build_search_index
from services.indexer.indexing.index_chunk import index_chunk
from services.indexer.publishing.publish import publish
from services.indexer.retention.expire_versions import sweep
from services.indexer.retention.purge_failed import clean_up
from services.indexer.retention.remove_dataset import remove_dataset
from services.indexer.retention.withdraw_upload import remove


def build(backbone: Backbone) -> Service:
    work = {
        events.CHUNK_LOADED: partial(index_chunk, backbone),
        events.UPLOAD_INDEXED: partial(publish, backbone),
        events.UPLOAD_ENDED: partial(clean_up, backbone),
    }
    # Groups of their own: settling a large table takes a while, and no publish should wait behind it. Nor should a shutdown: it is begun anew.
    rest = {events.VERSION_PUBLISHED: partial(build_search_index, backbone)}
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
