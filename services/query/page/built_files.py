"""The files of the web page as `make web` built them."""

import mimetypes
from pathlib import Path
from typing import Final

from msgspec import Struct

from backbone.runtime.threads import in_thread

# `web/dist` stands beside `services/`, in the repository as in the wheel.
BUILT: Final = Path(__file__).parents[3] / "web" / "dist"
MEDIA_TYPES: Final = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".woff2": "font/woff2"}
OTHER: Final = "application/octet-stream"


class BuiltFile(Struct, frozen=True):
    content: bytes
    packed: bytes | None  # as gzip, where the build made one
    media_type: str


async def read_built(path: str, folder: Path = BUILT) -> BuiltFile | None:
    """`path` is relative, in a folder at most: `index.html`, `assets/grid-Bx3.js`. None where there is no such file."""
    parts = path.split("/")
    if len(parts) > 2 or any(part in ("", ".", "..") or "\\" in part or "\0" in part for part in parts):
        return None
    return await in_thread(_read, folder / path)


def _read(path: Path) -> BuiltFile | None:
    if not path.is_file():
        return None
    packed = path.with_name(path.name + ".gz")
    media_type = MEDIA_TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or OTHER
    return BuiltFile(path.read_bytes(), packed.read_bytes() if packed.is_file() else None, media_type)
