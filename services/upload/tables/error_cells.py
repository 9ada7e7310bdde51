"""Cells of an xlsx sheet that hold an error (`#N/A`, `#DIV/0!`): calamine gives them as empty ones, so they are counted in the sheet's XML."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from posixpath import normpath
from typing import Final

from backbone.findings import PLACES_MAX, Finding, place

BLOCK_BYTES: Final = 1024 * 1024
TAG_BYTES_MAX: Final = 1024  # of a cell's opening tag
SMALL_BYTES_MAX: Final = 4 * 1024 * 1024  # of the parts that say which sheet is where
_ERROR: Final = re.compile(rb'<(?:\w+:)?c\s(?=[^>]*?\bt="e")(?:[^>]*?\br="([A-Z]{1,3}\d{1,7})")?[^>]*>')
_SHEET: Final = re.compile(r"<(?:\w+:)?sheet\s[^>]*>")
_RELATION: Final = re.compile(r"<(?:\w+:)?Relationship\s[^>]*>")
_ENTITIES: Final = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&"}


def tell_errors(path: Path, sheet: str) -> tuple[Finding, ...]:
    """Nothing where the sheet cannot be found: its values were read all the same."""
    with zipfile.ZipFile(path) as archive:
        part = part_of(archive, sheet)
        cells = [] if part is None else list(error_cells(archive, part))
    if not cells:
        return ()
    message = f"{len(cells)} cells of the sheet hold an error such as #N/A or #DIV/0! in the place of a value: they were read as empty."
    places = tuple(place(text=cell) for cell in cells[:PLACES_MAX])
    return (Finding(code="error-cells", level="warning", message=message, count=len(cells), places=places),)


def part_of(archive: zipfile.ZipFile, sheet: str) -> str | None:
    book, relations = small(archive, "xl/workbook.xml"), small(archive, "xl/_rels/workbook.xml.rels")
    named = next((tag for tag in _SHEET.findall(book) if attribute(tag, "name") == sheet), "")
    id = attribute(named, "r:id")
    target = next((attribute(tag, "Target") for tag in _RELATION.findall(relations) if id and attribute(tag, "Id") == id), "")
    part = target.lstrip("/") if target.startswith("/") else normpath(f"xl/{target}")
    return part if target and part in archive.namelist() else None


def small(archive: zipfile.ZipFile, name: str) -> str:
    try:
        with archive.open(name) as file:
            return file.read(SMALL_BYTES_MAX).decode("utf-8", "replace")
    except KeyError:
        return ""


def attribute(tag: str, name: str) -> str:
    match = re.search(rf"""\s{name}=(?:"([^"]*)"|'([^']*)')""", tag)
    text = (match[1] or match[2] or "") if match else ""
    for entity, character in _ENTITIES.items():
        text = text.replace(entity, character)
    return text


def error_cells(archive: zipfile.ZipFile, part: str) -> Iterator[str]:
    """Their names (`B5`), or nothing for a cell that has none."""
    with archive.open(part) as file:
        rest = b""
        while block := file.read(BLOCK_BYTES):
            data = rest + block
            cut = data.rfind(b"<", max(0, len(data) - TAG_BYTES_MAX))
            cut = len(data) if cut < 0 else cut
            for match in _ERROR.finditer(data, 0, cut):
                yield (match[1] or b"").decode()
            rest = data[cut:]
        for match in _ERROR.finditer(rest):
            yield (match[1] or b"").decode()
