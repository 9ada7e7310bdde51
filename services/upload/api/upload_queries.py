"""One upload as its readers get it."""

from datetime import UTC, datetime

from backbone.catalog.uploads import upload_row
from backbone.postgres.engine import transaction
from backbone.wiring import Backbone
from services.upload.api.responses import Upload, to_upload


async def read_out(backbone: Backbone, upload_id: str) -> Upload:
    """Raises `NotFound`, `Unavailable`."""
    async with transaction(backbone.engine) as connection:
        return to_upload(await upload_row(connection, upload_id), datetime.now(UTC))
