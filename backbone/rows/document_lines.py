"""How documents travel from the rows to a search index, in blocks of whole lines and without a Python object per row. Pure.

A block of documents has a line each: the id as a JSON text, `ID_END`, the document as a JSON object. A block of ids has an id a line, as a
JSON text too. JSON has no raw control characters, so line ends and `ID_END` stand where they separate and nowhere else.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

ID_END: Final = b"\x01"


def document_line(id: str, document: bytes) -> bytes:
    return msgspec.json.encode(id) + ID_END + document + b"\n"


def id_lines(ids: Iterable[str]) -> bytes:
    return b"".join(msgspec.json.encode(id) + b"\n" for id in ids)


def count_lines(block: bytes) -> int:
    """Documents or ids in a block."""
    return block.count(b"\n")
