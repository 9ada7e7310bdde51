"""After publish: whatever makes searches fast and may take its time while readers are served already."""

from backbone.adapters.database import transaction
from backbone.books.datasets import read_table
from backbone.books.uploads import read_upload
from backbone.errors import NotFound
from backbone.events import Event
from backbone.wiring import Backbone


async def settle(backbone: Backbone, event: Event) -> None:
    """Handles `version.published`. Repeatable."""
    async with transaction(backbone.engine) as connection:
        try:
            upload = await read_upload(connection, str(event.data["upload_id"]))
        except NotFound:
            return
        if upload.table_id is None:
            return
        table = await read_table(connection, upload.table_id)
    await backbone.index.settle(table)
