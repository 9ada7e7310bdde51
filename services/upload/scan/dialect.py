"""Finds out how a file is written from its first bytes. What the user says wins over what is found.

Each plausible dialect reads the sample; the one that finds the most even table wins: many records of one width, whose fields look
like values and not like halves of something. The idea of scoring by pattern and type is that of van den Burg et al., "Wrangling messy
CSV files by detecting row and type patterns" (2019), much simplified.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from msgspec import Struct, structs

from backbone.csvread.exact import read_exact
from backbone.csvread.quotes import Quotes, first_line_end
from backbone.errors import BadRequest
from backbone.model import Dialect
from services.upload.scan.header import find_preamble, has_header
from services.upload.scan.options import ScanOptions

USUAL_DELIMITERS: Final = (",", ";", "\t", "|")
DELIMITERS: Final = (*USUAL_DELIMITERS, ":", "^", "~", "\x1f", "\x01")  # the earlier wins where both read as well
SAMPLE_BYTES_MAX: Final = 64 * 1024
RECORDS_MAX: Final = 200
NULL_CHARACTERS_MAX: Final = 100
_SEPARATOR_LINE: Final = re.compile(rb'"?sep=([^\r\n])"?\r?\n', re.IGNORECASE)  # what Excel writes for itself
_VALUE: Final = re.compile(r"""[-+]?[\d.,' ]*\d%?|\d[\d:./\-T ]*Z?|true|false|[^"';|\t]*""", re.IGNORECASE)


class _Reading(Struct, frozen=True):
    dialect: Dialect
    score: float
    records: list[list[str]]


def sniff_dialect(sample: bytes, options: ScanOptions, *, last: bool) -> Dialect:
    """`last`: the sample is the whole file. Raises BadRequest."""
    check_options(options)
    text = _whole_lines(sample, last)
    if separator := _SEPARATOR_LINE.match(text):
        options = structs.replace(options, delimiter=options.delimiter or separator[1].decode("latin-1"), skip=options.skip or 1)
    best = max((_read(text, dialect) for dialect in _candidates(text, options)), key=lambda reading: reading.score)
    dialect = best.dialect
    if options.skip is None:
        dialect = structs.replace(dialect, skip=find_preamble(text, best.records))
    records = best.records if dialect.skip == (options.skip or 0) else _read(text, dialect).records
    return structs.replace(dialect, header=has_header(records) if options.header is None else options.header)


def check_options(options: ScanOptions) -> None:
    """Raises BadRequest."""
    for name, value in (("delimiter", options.delimiter), ("quote", options.quote), ("escape", options.escape)):
        if not value and name != "delimiter":
            continue
        if value is not None and (len(value) != 1 or not value.isascii() or value in "\r\n\0"):
            raise BadRequest("bad-dialect", f"{name} must be one ASCII character, no line end and no NUL; it is {value!r}.")
    given = [value for value in (options.delimiter, options.quote, options.escape) if value]
    if len(set(given)) < len(given):
        raise BadRequest("bad-dialect", "delimiter, quote and escape must be different characters.")
    if options.skip is not None and options.skip < 0:
        raise BadRequest("bad-dialect", "skip must not be negative.")
    if len(options.null) > NULL_CHARACTERS_MAX or set(options.null) & set(f'"\r\n\0{options.quote or ""}'):
        raise BadRequest("bad-dialect", f"null must be at most {NULL_CHARACTERS_MAX} characters, none of them a quote, a line end or NUL.")


def _whole_lines(sample: bytes, last: bool) -> bytes:
    if last and len(sample) <= SAMPLE_BYTES_MAX:
        return sample
    sample = sample[:SAMPLE_BYTES_MAX]
    end = max(sample.rfind(b"\n"), sample.rfind(b"\r")) + 1
    return sample[:end] if end else sample


def _candidates(text: bytes, options: ScanOptions) -> Iterator[Dialect]:
    known = Dialect(
        encoding=options.encoding,
        compression=options.compression,
        skip=options.skip or 0,
        null=options.null,
        ragged=options.ragged,
    )
    delimiters = (options.delimiter,) if options.delimiter else tuple(_possible_delimiters(text))
    quotes = ('"',) if b"'" not in text else ('"', "'")
    if options.quote is not None:
        quotes = (options.quote,)
    for delimiter in delimiters:
        for quote in quotes:
            dialect = structs.replace(known, delimiter=delimiter, quote=quote, escape=options.escape or None)
            if len({delimiter, quote, dialect.escape}) < 3:
                continue
            escaping = structs.replace(dialect, escape="\\")
            if options.escape is None and _needs_escape(text, dialect, escaping):
                yield escaping
            elif quote == '"' or options.quote is not None or not _has_illegal_quotes(text, dialect):
                yield dialect


def _possible_delimiters(text: bytes) -> Iterator[str]:
    """The unusual ones only if the first line has them too: `:` stands in every time of day."""
    first_line = text[: first_line_end(text, 0, len(text))]
    for delimiter in DELIMITERS:
        if delimiter == "," or delimiter.encode() in (text if delimiter in USUAL_DELIMITERS else first_line):
            yield delimiter


def _needs_escape(text: bytes, plain: Dialect, escaping: Dialect) -> bool:
    """Whether a backslash before a quote means something: only where the quote would be illegal if it were taken as it is, and all are
    legal with it. A path that ends in a backslash, or a backslash before a doubled quote, are legal without."""
    if not plain.quote or f"\\{plain.quote}".encode() not in text:
        return False
    return _has_illegal_quotes(text, plain) and not _has_illegal_quotes(text, escaping)


def _has_illegal_quotes(text: bytes, dialect: Dialect) -> bool:
    """Quotes inside unquoted fields, text behind a closing quote."""
    _, strays = Quotes(dialect).follow(text, 0, len(text), last=True)
    escape = ord(dialect.escape) if dialect.escape else -1
    return any(text[position] != escape for position in strays)


def _read(text: bytes, dialect: Dialect) -> _Reading:
    """The sample may end inside a character or a quoted field: the last record is left out where others are left."""
    lines = text
    for _ in range(dialect.skip):
        lines = lines[lines.find(b"\n") + 1 :]
    records = [record for record in read_exact(lines.decode("utf-8", "ignore").encode(), dialect) if record]
    records = (records[:-1] if len(records) > 2 else records)[:RECORDS_MAX]
    return _Reading(dialect, _score(records, dialect), records)


def _score(records: list[list[str]], dialect: Dialect) -> float:
    if not records:
        return 0.0
    widths = Counter(len(record) for record in records)
    width, frequency = max(widths.items(), key=lambda item: (item[1] * (item[0] > 1), item[0]))
    evenness = frequency / len(records)
    fields = [field for record in records for field in record]
    valuelike = sum(1 for field in fields if _is_valuelike(field, dialect)) / max(1, len(fields))
    # One column is what every wrong delimiter finds; two even columns beat it, but a delimiter of prose does not.
    table = evenness**2 * (1 - 1 / (width + 0.5)) if width > 1 else 0.2
    rank = DELIMITERS.index(dialect.delimiter) if dialect.delimiter in DELIMITERS else 0
    unusual = 0.002 * rank + 0.05 * (rank > 3) + 0.03 * (dialect.quote == "'") + 0.01 * (dialect.escape is not None)
    return table * (0.2 + valuelike) - unusual


def _is_valuelike(field: str, dialect: Dialect) -> bool:
    if dialect.quote and dialect.quote in (field[:1], field[-1:]):
        return False
    return _VALUE.fullmatch(field) is not None
