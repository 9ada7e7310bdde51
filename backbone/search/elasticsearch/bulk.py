"""Lines of documents and of ids (`backbone.rows.document_lines`) as the body of a bulk request. Pure.

By replacement of bytes, which costs what copying them costs, however many documents there are.
"""

from typing import Final

from backbone.rows.document_lines import ID_END

_INDEX: Final = b'{"index":{"_id":'
_DELETE: Final = b'{"delete":{"_id":'
_END: Final = b"}}\n"


def bulk_of_documents(documents: bytes) -> bytes:
    """Each adds its document, or overwrites the one of its id."""
    actions = documents.removesuffix(b"\n").replace(b"\n", b"\n" + _INDEX)
    return b"".join((_INDEX, actions.replace(ID_END, _END), b"\n"))


def bulk_of_deletions(ids: bytes) -> bytes:
    actions = ids.removesuffix(b"\n").replace(b"\n", _END + _DELETE)
    return b"".join((_DELETE, actions, _END))
