"""The API's description without a server: `python -m services.describe_api` prints what `/api/docs/openapi.json` tells of all services.

Building a service does no I/O, so it is built on ports that stand ready and are never opened. `make openapi` writes the result to
openapi.json, and a test says when that is out of date.
"""

import sys
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec

from backbone.eventlog.postgres.log import PostgresEventLog
from backbone.files.open import open_files
from backbone.http.app import build_app
from backbone.http.description import with_problems
from backbone.postgres.engine import make_engine
from backbone.settings import Settings
from backbone.wiring import Backbone, Pools, assemble
from services.__main__ import SERVICES


def describe_api() -> bytes:
    """JSON, indented, with a line break at its end."""
    backbone = _unopened()
    app = build_app([build(backbone) for build in SERVICES.values()])
    description = with_problems(app.openapi_schema.to_schema())
    return msgspec.json.format(msgspec.json.encode(description), indent=2) + b"\n"


def _unopened() -> Backbone:
    engine = make_engine("postgresql://nowhere/none", connections_max=1)
    return assemble(
        Settings(),
        Pools(engine, engine, engine, engine),
        open_files(Path("/nowhere").as_uri()),
        PostgresEventLog(engine),
        b"",
        AsyncExitStack(),
    )


if __name__ == "__main__":
    sys.stdout.buffer.write(describe_api())
