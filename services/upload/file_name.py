"""The name of a file, as its sender or whoever renames it says it. Pure."""

from typing import Final

from backbone.errors import BadRequest

FILE_NAME_CHARACTERS_MAX: Final = 255


def check_file_name(name: str) -> None:
    """Raises `BadRequest`."""
    if not 0 < len(name) <= FILE_NAME_CHARACTERS_MAX or "\0" in name:
        raise BadRequest("bad-file-name", f"file_name must have 1 to {FILE_NAME_CHARACTERS_MAX} characters, none of them NUL.")
