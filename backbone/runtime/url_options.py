"""What stands behind the `?` of a server's URL in a setting. Pure."""

from collections.abc import Collection
from urllib.parse import parse_qsl

from backbone.errors import BadRequest


def url_options(query: str, setting: str, known: Collection[str]) -> dict[str, str]:
    """Raises `BadRequest` for one that nobody knows, and for one that is said twice: which would be meant?"""
    said = parse_qsl(query, keep_blank_values=True)
    options = dict(said)
    if unknown := sorted(options.keys() - set(known)):
        raise unusable(setting, f"it knows {', '.join(known)}, not {', '.join(unknown)}")
    if len(options) < len(said):
        raise unusable(setting, "an option stands there twice")
    return options


def unusable(setting: str, why: str) -> BadRequest:
    """Tells no password: the URL itself is not in it."""
    return BadRequest("bad-setting", f"{setting} cannot be used: {why}.")
