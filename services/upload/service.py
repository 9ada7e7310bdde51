"""The upload service: takes files in, and tells what became of them."""

from functools import partial
from typing import Final

from backbone.consume import Subscription
from backbone.consume.periodic import PeriodicTask
from backbone.eventlog.events import DEAD_LETTER
from backbone.postgres.engine import check_postgres
from backbone.service import Service
from backbone.wiring import Backbone
from services.upload.api.preview_routes import preview_routes
from services.upload.api.retry_routes import retry_routes
from services.upload.api.upload_commands import acting_routes
from services.upload.api.upload_routes import routes
from services.upload.maintenance.abandoned import fail_lost_uploads, forget_keys, remove_orphans
from services.upload.maintenance.dead_letters import keep_dead_letter

HOUR_S: Final = 3600.0


def build(backbone: Backbone) -> Service:
    settings = backbone.settings
    return Service(
        name="upload",
        routes=[*routes(backbone), *acting_routes(backbone), *retry_routes(backbone), *preview_routes(backbone)],
        subscriptions=[Subscription(group="dead-letters", handlers={DEAD_LETTER: partial(keep_dead_letter, backbone)}, parallel=1)],
        periodic_tasks=[
            PeriodicTask("fail-lost-uploads", settings.receiving_lost_s / 4, partial(fail_lost_uploads, backbone)),
            PeriodicTask("remove-orphans", HOUR_S, partial(remove_orphans, backbone)),
            PeriodicTask("forget-idempotency-keys", HOUR_S, partial(forget_keys, backbone)),
        ],
        needs={"postgres": partial(check_postgres, backbone.engine), "files": backbone.files.check},
    )
