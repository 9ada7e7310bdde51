"""The indexer: puts loaded chunks into the search index, publishes versions, and cleans up after uploads that failed."""

from functools import partial
from typing import Final

from backbone.consume import Subscription
from backbone.consume.periodic import PeriodicTask
from backbone.eventlog import events
from backbone.postgres.engine import check_postgres
from backbone.service import Service
from backbone.wiring import Backbone
from services.indexer.indexing.build_search_index import build_search_index
from services.indexer.indexing.drop_old_indices import drop_old_indices
from services.indexer.indexing.gather_words import gather_words
from services.indexer.indexing.index_chunk import index_chunk
from services.indexer.publishing.publish import publish
from services.indexer.retention.expire_versions import expire_versions
from services.indexer.retention.purge_failed import purge_failed
from services.indexer.retention.remove_dataset import remove_dataset
from services.indexer.retention.withdraw_upload import withdraw_upload
from services.indexer.stores import stores_of

OLD_INDICES_EVERY_S: Final = 60.0
WORDS_EVERY_S: Final = 10.0


def build(backbone: Backbone) -> Service:
    stores, relay, files = stores_of(backbone), backbone.relay, backbone.files
    expire = partial(expire_versions, stores=stores, files=files, versions_kept=backbone.settings.versions_kept)
    loading = {
        events.CHUNK_LOADED: partial(index_chunk, stores=stores, relay=relay),
        events.UPLOAD_INDEXED: partial(publish, stores=stores, relay=relay),
        events.UPLOAD_ENDED: partial(purge_failed, stores=stores, relay=relay),
    }
    # Groups of their own: the index of a large table takes a while, and no publish should wait for it. Nor should a shutdown: it is begun anew.
    settling = {events.VERSION_PUBLISHED: partial(build_search_index, engine=stores.engine, index=stores.index)}
    tidying = {
        events.VERSION_PUBLISHED: expire,
        events.VERSIONS_CHANGED: expire,
        events.UPLOAD_REMOVING: partial(withdraw_upload, stores=stores, relay=relay),
        events.DATASET_REMOVED: partial(remove_dataset, stores=stores, files=files),
    }
    return Service(
        name="indexer",
        subscriptions=[
            Subscription(
                group="indexer", handlers=loading, parallel=backbone.settings.indexer_parallel, finish_s=backbone.settings.shutdown_s
            ),
            Subscription(group="indexer-settle", handlers=settling, parallel=1, finish_s=0.0),
            Subscription(group="indexer-tidy", handlers=tidying, parallel=1, finish_s=0.0),
        ],
        periodic_tasks=[
            PeriodicTask("drop-old-indices", OLD_INDICES_EVERY_S, partial(drop_old_indices, stores)),
            PeriodicTask("gather-words", WORDS_EVERY_S, partial(gather_words, stores)),
        ],
        needs={"postgres": partial(check_postgres, stores.engine), "search": stores.index.check, "events": backbone.log.check},
    )
