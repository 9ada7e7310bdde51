"""One upload as its readers get it."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.uploads import shown_row
from backbone.http.upload_answer import Upload, to_upload
from backbone.postgres.engine import autocommit


async def fetch_upload(engine: AsyncEngine, upload_id: str) -> Upload:
    """Raises `NotFound`, `Unavailable`."""
    async with autocommit(engine) as connection:
        return to_upload(await shown_row(connection, upload_id), datetime.now(UTC))
