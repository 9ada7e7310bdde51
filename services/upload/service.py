"""The upload service: takes files in, and tells what became of them."""

from functools import partial

from backbone.adapters.database import check_postgres
from backbone.service import Service
from backbone.wiring import Backbone
from services.upload.acting_routes import acting_routes
from services.upload.preview_routes import preview_routes
from services.upload.routes import routes


def build(backbone: Backbone) -> Service:
    return Service(
        name="upload",
        routes=[*routes(backbone), *acting_routes(backbone), *preview_routes(backbone)],
        needs={"postgres": partial(check_postgres, backbone.engine), "files": backbone.files.check},
    )
