"""The upload service: takes files in, and tells what became of them."""

from functools import partial
from pathlib import Path
from typing import Final

from backbone.catalog.measure import measure_catalog
from backbone.consume import Subscription
from backbone.consume.periodic import PeriodicTask
from backbone.eventlog.events import DEAD_LETTER
from backbone.postgres.engine import check_postgres, raw_url
from backbone.postgres.upload_news import UploadNews
from backbone.service import Service
from backbone.wiring import EMBEDDED, Backbone
from services.upload.api.news_routes import news_routes
from services.upload.api.preview_routes import preview_routes
from services.upload.api.retry_routes import retry_routes
from services.upload.api.upload_commands import upload_commands
from services.upload.api.upload_routes import upload_routes
from services.upload.enrichments.enrich import preview_enrichment, run_enrichment
from services.upload.enrichments.routes import enrichment_routes
from services.upload.maintenance.abandoned import fail_lost_uploads, remove_orphans
from services.upload.maintenance.dead_letters import keep_dead_letter
from services.upload.maintenance.forget import forget_keys, forget_old_audit, forget_old_uploads
from services.upload.receive.receive import Receiver
from services.upload.resumable.finish import Finisher
from services.upload.resumable.routes import resumable_routes
from services.upload.sources.places import Surroundings, make_place, place_of
from services.upload.sources.routes import source_routes
from services.upload.sources.runner import SourceRunner
from services.upload.tables.gather import TableReaders
from services.upload.webhooks.deliverer import Deliverer, forget_old_deliveries
from services.upload.webhooks.mail import read_mail_server
from services.upload.webhooks.routes import webhook_routes

HOUR_S: Final = 3600.0
FINISH_EVERY_S: Final = 15.0


def build(backbone: Backbone) -> Service:
    settings, engine, rows, files, relay = backbone.settings, backbone.engine, backbone.rows, backbone.files, backbone.relay
    dead_letters = {DEAD_LETTER: partial(keep_dead_letter, engine=engine, kept_max=settings.dead_letters_kept_max)}
    tables = TableReaders.of(settings)
    receiver = Receiver(engine, files, rows, relay, settings, tables)
    finisher = Finisher(receiver, settings.resumable_kept_s)
    surroundings = Surroundings(
        outgoing=backbone.outgoing,
        bytes_max=settings.file_bytes_max,
        folders=tuple(Path(folder.strip()) for folder in settings.source_folders.split(",") if folder.strip()),
        is_embedded=settings.postgres_url == EMBEDDED,
    )
    runner = SourceRunner(
        receiver,
        partial(make_place, surroundings),
        partial(run_enrichment, receiver, backbone.outgoing),
        backbone.sealed,
        settings.sources_parallel,
        settings.receiving_lost_s,
    )
    mail = read_mail_server(settings.smtp_url, settings.smtp_from)
    fail_lost = partial(fail_lost_uploads, engine, files, relay, settings.receiving_lost_s)
    return Service(
        name="upload",
        routes=[
            *upload_routes(receiver, backbone.cursor_key),
            *news_routes(UploadNews(raw_url(backbone.sessions))),
            *resumable_routes(receiver, finisher),
            *upload_commands(engine, rows, files, relay),
            *retry_routes(engine, rows, relay),
            *preview_routes(engine, settings, tables),
            *webhook_routes(engine, backbone.cursor_key, backbone.sealed, has_mail=mail is not None),
            *source_routes(engine, backbone.cursor_key, backbone.sealed, partial(place_of, surroundings), runner.wake.set),
            *enrichment_routes(
                engine, backbone.cursor_key, backbone.sealed, partial(preview_enrichment, engine, backbone.outgoing), runner.wake.set
            ),
        ],
        loops=[runner.run, Deliverer(engine, backbone.outgoing, backbone.sealed, mail).run],
        subscriptions=[Subscription(group="dead-letters", handlers=dead_letters, parallel=1, finish_s=settings.shutdown_s)],
        periodic_tasks=[
            PeriodicTask("fail-lost-uploads", settings.receiving_lost_s / 4, fail_lost),
            PeriodicTask("finish-resumables", FINISH_EVERY_S, finisher.finish_left_behind),
            PeriodicTask("forget-resumables", min(HOUR_S, settings.resumable_kept_s / 4), finisher.forget_expired),
            PeriodicTask("remove-orphans", HOUR_S, partial(remove_orphans, engine, files, settings.orphans_kept_s)),
            PeriodicTask("forget-uploads", HOUR_S, partial(forget_old_uploads, engine, files, settings.uploads_kept_days)),
            PeriodicTask("forget-audit", HOUR_S, partial(forget_old_audit, engine, settings.audit_kept_days)),
            PeriodicTask("forget-deliveries", HOUR_S, partial(forget_old_deliveries, engine)),
            PeriodicTask("forget-idempotency-keys", HOUR_S, partial(forget_keys, engine, settings.idempotency_kept_s)),
        ],
        needs={"postgres": partial(check_postgres, engine), "files": files.check},
        measures={"catalog": partial(measure_catalog, engine)},
    )
