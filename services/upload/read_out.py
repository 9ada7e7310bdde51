"""One upload as its readers get it."""

from datetime import UTC, datetime

from backbone.adapters.database import transaction
from backbone.books.uploads import upload_row
from backbone.wiring import Backbone
from services.upload.shapes import Upload, to_upload


async def read_out(backbone: Backbone, upload_id: str) -> Upload:
    """Raises `NotFound`, `Unavailable`."""
    async with transaction(backbone.engine) as connection:
        return to_upload(await upload_row(connection, upload_id), datetime.now(UTC))
