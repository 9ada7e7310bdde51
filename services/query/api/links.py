"""`Link: <…>; rel="next"` of a page (RFC 8288), for clients that follow links. Pure."""

from collections.abc import Sequence
from urllib.parse import quote, urlencode


def page_links(
    path: str, parameters: Sequence[tuple[str, str]], *, next_cursor: str | None, previous_cursor: str | None = None
) -> str | None:
    """The value of the header, None on an only page. Links are relative to the server: it may stand behind another name."""
    kept = [(name, value) for name, value in parameters if name != "cursor"]
    relations = {"next": next_cursor, "prev": previous_cursor}
    links = [
        f'<{quote(path)}?{urlencode([*kept, ("cursor", cursor)])}>; rel="{relation}"'
        for relation, cursor in relations.items()
        if cursor is not None
    ]
    return ", ".join(links) or None
