"""Finds out how a file is written from its first bytes. What the user says wins over what is found."""

from typing import Final

from backbone.errors import BadRequest
from backbone.model import Dialect
from services.upload.scan.options import ScanOptions

DELIMITERS: Final = (",", ";", "\t", "|")
LINES_SNIFFED: Final = 50


def sniff_dialect(sample: bytes, options: ScanOptions) -> Dialect:
    check_options(options)
    return Dialect(
        delimiter=options.delimiter or _sniff_delimiter(sample),
        quote='"' if options.quote is None else options.quote,
        escape=options.escape or None,
        header=options.header is not False,
        skip=options.skip or 0,
    )


def check_options(options: ScanOptions) -> None:
    """Raises BadRequest."""
    for name, value in (("delimiter", options.delimiter), ("quote", options.quote), ("escape", options.escape)):
        if not value:
            continue
        if len(value) != 1 or not value.isascii() or value in "\r\n\0":
            raise BadRequest("bad-dialect", f"{name} must be one ASCII character, no line end and no NUL; it is {value!r}.")
    given = [value for value in (options.delimiter, options.quote, options.escape) if value]
    if len(set(given)) < len(given):
        raise BadRequest("bad-dialect", "delimiter, quote and escape must be different characters.")


def _sniff_delimiter(sample: bytes) -> str:
    lines = [line for line in sample.split(b"\n")[:LINES_SNIFFED] if line.strip()]
    counts = {delimiter: [line.count(delimiter.encode()) for line in lines] for delimiter in DELIMITERS}
    return max(DELIMITERS, key=lambda delimiter: sum(1 for count in counts[delimiter] if count and count == counts[delimiter][0]))
