"""One upload as its readers get it."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.uploads import shown_row
from backbone.postgres.engine import transaction
from services.upload.api.responses import Upload, to_upload


async def fetch_upload(engine: AsyncEngine, upload_id: str) -> Upload:
    """Raises `NotFound`, `Unavailable`."""
    async with transaction(engine) as connection:
        return to_upload(await shown_row(connection, upload_id), datetime.now(UTC))
