"""The query service: answers readers, each from one version."""

from functools import partial

from backbone.postgres.engine import check_postgres
from backbone.rows.page_values import PageValues
from backbone.rows.places import RowPlaces
from backbone.runtime.concurrency_limit import ConcurrencyLimit
from backbone.service import Service
from backbone.wiring import Backbone
from services.query.api.audit_routes import audit_routes
from services.query.api.change_routes import change_routes
from services.query.api.dataset_commands import dataset_commands
from services.query.api.dataset_routes import dataset_routes
from services.query.api.edit_routes import edit_routes
from services.query.api.export_routes import export_routes
from services.query.api.group_routes import group_routes
from services.query.api.key_routes import key_routes
from services.query.api.login_routes import login_routes
from services.query.api.row_origin_routes import row_origin_routes
from services.query.api.row_routes import row_routes
from services.query.api.search_routes import search_routes
from services.query.api.worker_routes import worker_routes
from services.query.editing.apply import Editing
from services.query.editing.gather import Gatherer
from services.query.export.export import Exports
from services.query.export.kept_files import KeptFiles
from services.query.groups.groups import RowGrouping
from services.query.origin.row_origin import RowOrigins
from services.query.page.page_routes import page_routes
from services.query.search.long_pages import LongPages
from services.query.search.search import RowSearch
from services.query.walks import Walks


def build(backbone: Backbone) -> Service:
    engine, key, settings = backbone.engine, backbone.cursor_key, backbone.settings
    walks = Walks(engine, settings.walks_kept_s)
    search = RowSearch(engine, backbone.index, key, RowPlaces(engine), settings, walks, LongPages(PageValues(backbone.readers)))
    busy = f"{settings.receiving_max} large batches of rows come in already, and ROWMILL_RECEIVING_MAX allows no more. Try again in a few seconds."
    large = ConcurrencyLimit(settings.receiving_max, "too-many-uploads", busy)
    editing = Editing(engine, backbone.files, backbone.rows, backbone.relay, settings, large)
    return Service(
        name="query",
        routes=[
            *dataset_routes(engine, key, settings.versions_kept),
            *dataset_commands(engine, backbone.files, backbone.rows, backbone.relay, settings.versions_kept),
            *change_routes(engine, backbone.history, key),
            *edit_routes(editing, Gatherer(settings.edits_gathered_s)),
            *row_routes(search),
            *row_origin_routes(RowOrigins(engine, backbone.audit, backbone.files)),
            *group_routes(RowGrouping(engine, backbone.index, backbone.groups, key, settings, walks)),
            *export_routes(engine, Exports(backbone.export, settings), KeptFiles(settings.export_files_bytes_max)),
            *search_routes(search),
            *key_routes(engine, key, settings),
            *login_routes(settings),
            *audit_routes(engine, key),
            *worker_routes(engine, backbone.relay, key),
            *page_routes(),
        ],
        needs={"postgres": partial(check_postgres, engine), "search": backbone.index.check},
    )
