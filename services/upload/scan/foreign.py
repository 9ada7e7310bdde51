"""Refuses files that are no CSV by their first bytes, and says what they are. Pure.

Careful on purpose: a table may begin with `<`, `{` or `[`, so it takes more than one character to be called HTML or JSON.
"""

import re
from typing import Final

from backbone.errors import NotCsv
from services.upload.scan.formats.json_text import TEXT_CHARACTERS, beginning_of, json_kind
from services.upload.scan.formats.registry import sniff_format
from services.upload.scan.formats.table import NAMES, begins_a_table

CONTROL_BYTES_MIN: Final = 32  # so many, and one byte in ten: no text
_CONTROL: Final = re.compile(rb"[\x00\x02-\x08\x0e-\x1a\x7f]")  # without those that separate fields: \x01 and \x1c to \x1f
_MAGIC: Final = {
    b"\x89PNG\r\n\x1a\n": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"II*\0": "a TIFF image",
    b"MM\0*": "a TIFF image",
    b"%PDF-": "a PDF document",
    b"%!PS": "a PostScript document",
    b"{\\rtf": "an RTF document",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old Office document, such as an Excel workbook (.xls)",
    b"PAR1": "a Parquet file",
    b"ARROW1\0\0": "an Arrow file",
    b"FEA1": "a Feather file",
    b"ORC": "an ORC file",
    b"Obj\x01": "an Avro file",
    b"\x89HDF\r\n\x1a\n": "an HDF5 file",
    b"SQLite format 3\x00": "an SQLite database",
    b"PGDMP": "a dump of PostgreSQL",
    b"\x7fELF": "a program",
    b"MZ\x90\0": "a program",
    b"\0asm": "a program",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"Rar!\x1a\x07": "a RAR archive",
    b"\xfd7zXZ\x00": "an xz archive",
    b"\x04\x22\x4d\x18": "an lz4 archive",
    b"\x80\x04\x95": "a Python pickle",
    b"OggS\0": "a sound file",
    b"ID3": "a sound file",
}
_RIFF: Final = re.compile(rb"RIFF....(WEBP|WAVE|AVI )", re.DOTALL)
_HTML: Final = re.compile(r"(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body|table|meta)\b", re.IGNORECASE | re.DOTALL)
_XML_PROLOG: Final = re.compile(r"<\?xml[\s?]|<!DOCTYPE\s|<!\[CDATA\[")
_TAG: Final = re.compile(r"<([A-Za-z_][\w.:-]*)(\s[^<>]*)?>")
_BETWEEN_CELLS: Final = re.compile(r">\"?[ ]?[,;\t|]")
_SQL_COMMENTS: Final = re.compile(r"(\s+|--[^\n]*(\n|$)|/\*.*?\*/;?|#[^\n]*\n)*", re.DOTALL)
_SQL: Final = re.compile(
    r"(create\s+(or\s+replace\s+|temp\w*\s+|unlogged\s+)?(table|database|schema|view|sequence|extension|index|function|type|role)\s[^,;\t|]+[(;]"
    r"|(insert\s+(ignore\s+|overwrite\s+)?into|replace\s+into|insert)\s+[^\s,;\t|]+(\s*\([^)]*\))?\s*(values|select)\b|merge\s+into\s+\S+\s+(as\s+\w+\s+)?using\b|drop\s+(table|database|schema|view)\s[^,\t|]+;"
    r"|alter\s+(table|database)\s|set\s+(@|session\s|names\s|\w+\s*(=|to\s))[^\n]*;|begin(\s+(transaction|work))?\s*;|start\s+transaction\s*;"
    r"|pragma\s+\w+\s*[=;(]|use\s+[`\[]?\w+[`\]]?\s*(;|\n\s*go\b)|lock\s+tables\s|copy\s+\S+\s*(\([^)]*\)\s*)?from\s+stdin|\\(connect|restrict)\s"
    r"|delete\s+from\s+\S+\s*(;|where\b)|update\s+\S+\s+set\s|select\s+pg_catalog\.)",
    re.IGNORECASE,
)
_FORM: Final = re.compile(r"--[^\r\n]{1,70}\r?\nContent-Disposition:\s*form-data", re.IGNORECASE)
_BEGINNINGS: Final = {
    re.compile(r"version https://git-lfs\.github\.com/spec/"): "a pointer of Git LFS, which stands for the file itself",
    re.compile(r"-----BEGIN [A-Z0-9 ]+-----\r?\n"): "a key or a certificate",
    re.compile(r"(?:MIME-Version|Return-Path|Received|Delivered-To|Message-ID): [^\n]*\n(?:[A-Za-z-]+:|[ \t])"): "an e-mail",
}


def refuse_binary(sample: bytes) -> None:
    """Before anything is decoded. Raises `NotCsv`."""
    for magic, what in _MAGIC.items():
        if sample.startswith(magic) and not (magic.isalnum() and begins_a_table(sample)):
            raise _is(what, "binary-file")
    if _RIFF.match(sample):
        raise _is("an image, a film or a sound", "binary-file")
    if packed := sniff_format(sample):
        raise NotCsv("binary-file", f"This is {packed.name} data inside of what came, not a CSV file. Unpack it and upload the CSV itself.")
    controls = len(_CONTROL.findall(sample))
    if controls >= CONTROL_BYTES_MIN and controls * 10 > len(sample):
        detail = f"{controls} of the first {len(sample)} bytes are control characters: this is no text. Export it as CSV and upload that."
        raise NotCsv("binary-file", detail)


def refuse_foreign(sample: bytes) -> None:
    """Text that is no table. `sample`: the beginning, in UTF-8. Raises `NotCsv`."""
    text = beginning_of(sample)
    kind = json_kind(text)
    what = _markup(text) or (NAMES[kind] if kind else None)
    if what is None and _SQL.match(text, _end_of_comments(text)):
        what = "an SQL dump"
    what = what or next((named for begin, named in _BEGINNINGS.items() if begin.match(text)), None)
    if what is None and _FORM.match(text):
        raise NotCsv(
            "bad-multipart", "This is the body of a form, and its Content-Type did not say so. Let the HTTP library set it, with boundary=."
        )
    if what is not None:
        raise _is(what, "not-csv")


def _is(what: str, code: str) -> NotCsv:
    return NotCsv(code, f"This is {what}, not a CSV file. Export the data as CSV and upload that.")


def _markup(text: str) -> str | None:
    if not text.startswith("<"):
        return None
    line = text.split("\n", 1)[0]
    if _HTML.match(text) and not _BETWEEN_CELLS.search(line.split("</", 1)[0]):
        return "an HTML page (Excel's .xls may be one)" if "schemas-microsoft-com" in text or "<table" in text.lower() else "an HTML page"
    if _XML_PROLOG.match(text):
        return "an Excel workbook written as XML" if "Excel.Sheet" in text else "an XML document"
    tag = _TAG.match(text)
    if tag is None or _BETWEEN_CELLS.search(line):
        return None
    closes = f"</{tag[1]}" in text or (tag[2] or "").endswith("/")
    lines = [line.strip() for line in text.splitlines()[:20] if line.strip()]
    is_marked_up = sum(line.startswith("<") for line in lines) * 2 > len(lines)
    return "an XML document" if is_marked_up and (closes or len(text) >= TEXT_CHARACTERS) else None


def _end_of_comments(text: str) -> int:
    match = _SQL_COMMENTS.match(text)
    return match.end() if match else 0
