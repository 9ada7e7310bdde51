"""How long a sender of rows waits for them to be seen by readers: `wait=` or `Prefer: wait=`, in seconds. The version that they must
find: `If-Match`. Reading both is pure."""

import asyncio
import re
import time
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.states import FINAL
from backbone.catalog.uploads import read_progress
from backbone.errors import BadRequest, Outdated
from backbone.http.fetch_upload import fetch_upload
from backbone.http.upload_answer import Upload
from backbone.postgres.engine import autocommit

WAIT_S_MAX: Final = 60.0
FIRST_LOOK_S: Final = 0.02
LOOK_EVERY_S_MAX: Final = 0.25
_PREFERRED: Final = re.compile(r"(?:^|[,;])\s*wait\s*=\s*\"?([0-9]{1,6})\"?\s*(?:$|[,;])", re.IGNORECASE)
_TAG: Final = re.compile(r'(?:W/)?"?([0-9]{1,9})"?')


def wait_s(parameter: float | None, prefer: str) -> float:
    """The parameter wins. At most WAIT_S_MAX."""
    preferred = _PREFERRED.search(prefer)
    asked = parameter if parameter is not None else float(preferred[1]) if preferred else 0.0
    return min(asked, WAIT_S_MAX)


def wanted_version(if_match: str | None) -> int | None:
    """None: any will do. Raises `BadRequest`."""
    if if_match is None or if_match.strip() == "*":
        return None
    tag = _TAG.fullmatch(if_match.strip())
    if tag is None:
        raise BadRequest("bad-if-match", f'If-Match has to be the number of a version, as If-Match: "7"; it is {if_match[:40]}.')
    return int(tag[1])


async def wait_for_end(engine: AsyncEngine, upload: Upload, seconds: float) -> Upload:
    """The upload once it has ended or is held, or as it is when the time is up. Raises `NotFound`, `Unavailable`."""
    end, pause = time.monotonic() + seconds, FIRST_LOOK_S
    while not has_ended(upload) and time.monotonic() < end:
        await asyncio.sleep(min(pause, max(0.0, end - time.monotonic())))
        pause = min(LOOK_EVERY_S_MAX, pause * 1.5)
        async with autocommit(engine) as connection:
            state = (await read_progress(connection, upload.id))[0]
        if state in FINAL or state == "HELD":
            upload = await fetch_upload(engine, upload.id)
    return upload


def has_ended(upload: Upload) -> bool:
    return upload.state in FINAL or upload.state == "HELD"


def refuse_outdated(upload: Upload) -> None:
    """Raises `Outdated` for one that came too late for its version."""
    if upload.error is not None and upload.error.type == "version-moved":
        raise Outdated(upload.error.type, upload.error.detail, upload=f"/api/uploads/{upload.id}")
