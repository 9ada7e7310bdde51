"""The query service: answers readers, each from one version."""

from functools import partial

from backbone.postgres.engine import check_postgres
from backbone.service import Service
from backbone.wiring import Backbone
from services.query.api.change_routes import change_routes
from services.query.api.dataset_commands import dataset_acts
from services.query.api.dataset_routes import dataset_routes
from services.query.api.export_routes import export_routes
from services.query.api.group_routes import group_routes
from services.query.api.row_origin_routes import row_origin_routes
from services.query.api.row_routes import row_routes
from services.query.api.search_routes import search_routes


def build(backbone: Backbone) -> Service:
    return Service(
        name="query",
        routes=[
            *dataset_routes(backbone),
            *dataset_acts(backbone),
            *change_routes(backbone),
            *row_routes(backbone),
            *row_origin_routes(backbone),
            *group_routes(backbone),
            *export_routes(backbone),
            *search_routes(backbone),
        ],
        needs={"postgres": partial(check_postgres, backbone.engine), "search": backbone.index.check},
    )
