"""Finds out how a file is written from its first bytes. What the user says wins over what is found.

Each plausible dialect reads the sample as a whole, header place included; the one that finds the most even table of whole values wins.
Whatever was decided that a careful person could want otherwise is told.
"""

import re
from typing import Final

from msgspec import Struct, structs

from backbone.csvread.exact import quoted_field
from backbone.errors import BadRequest
from backbone.findings import Finding, Suggestion, place
from backbone.model import Dialect
from services.upload.scan.candidates import make_candidates, name_of
from services.upload.scan.decisions import tell_decisions
from services.upload.scan.header import TablePlace
from services.upload.scan.options import ScanOptions
from services.upload.scan.sample import SampleRecord, read_records, whole_lines
from services.upload.scan.score import Reading, score_reading

NULL_CHARACTERS_MAX: Final = 100
HEADER_ROWS_MAX: Final = 30
NULL_MARKER: Final = "\\N"
_SEPARATOR_LINE: Final = re.compile(r'"?sep=([^\r\n])"?\r?\n', re.IGNORECASE)  # what Excel writes for itself


class Sniffed(Struct, frozen=True):
    dialect: Dialect
    place: TablePlace | None  # None: nothing but blank records
    body: list[SampleRecord]  # the table's records in the sample, without its header and blank ones
    findings: tuple[Finding, ...] = ()


def sniff(sample: bytes, options: ScanOptions, *, last: bool) -> Sniffed:
    """`last`: the sample is the whole file. Raises BadRequest."""
    options = _with_family(options)
    check_options(options)
    if options.header_rows > 1 and options.header is None:
        options = structs.replace(options, header=True)
    lines = whole_lines(sample, last=last)
    separator = _SEPARATOR_LINE.match(lines[0]) if lines and options.skip is None else None
    may_skip, said = options.skip is None, options
    if separator:
        options = structs.replace(options, delimiter=options.delimiter or separator[1], skip=1)
    whole = last and sum(map(len, lines)) >= len(sample.decode("utf-8", "ignore"))

    def read_all(options: ScanOptions) -> tuple[Reading, list[Reading]]:
        readings = [_read(lines, dialect, options, whole, may_skip) for dialect in make_candidates(lines, options)]
        return max(_without_twins(readings), key=lambda reading: reading.score), readings

    best, readings = read_all(options)
    if separator and not said.delimiter and not _has_columns(best):
        other, others = read_all(structs.replace(options, delimiter=None))
        if _has_columns(other):
            sniffed = _decide(lines, other, others, said)
            return structs.replace(sniffed, findings=(*sniffed.findings, _other_separator(separator[1], other)))
    return _decide(lines, best, readings, said)


def _has_columns(reading: Reading) -> bool:
    return reading.place is not None and reading.place.width > 1


def _other_separator(said: str, reading: Reading) -> Finding:
    own = name_of(reading.dialect.delimiter)
    message = (
        f"The first line says that {name_of(said)} parts the fields, but no record has one: they were parted by {own}. "
        f"Give delimiter={name_of(said)} if the line is right."
    )
    suggest = Suggestion(option="delimiter", value=said)
    return Finding(
        code="delimiter-near-tie", level="warning", message=message, places=(place(line=1, text=f"sep={said}"),), suggest=suggest
    )


def _without_twins(readings: list[Reading]) -> list[Reading]:
    """Where it makes no difference whether blanks behind delimiters belong to the fields, nothing is decided about them."""
    plain = {reading.dialect: reading for reading in readings if not reading.dialect.blank_after}

    def differs(reading: Reading) -> bool:
        other = plain.get(structs.replace(reading.dialect, blank_after=False))
        return other is None or [record.fields for record in reading.records] != [record.fields for record in other.records]

    return [reading for reading in readings if not reading.dialect.blank_after or differs(reading)]


def _read(lines: list[str], dialect: Dialect, options: ScanOptions, whole: bool, may_skip: bool) -> Reading:
    records = read_records(lines, dialect, whole=whole)
    if dialect.comment:
        records = [record for record in records if not record.text.startswith(dialect.comment)]
    return score_reading(dialect, records, has_header=options.header, may_skip=may_skip)


def _decide(lines: list[str], best: Reading, readings: list[Reading], options: ScanOptions) -> Sniffed:
    place, dialect = best.place, best.dialect
    if place is None:
        has_header = True if options.header is None else options.header
        return Sniffed(structs.replace(dialect, header=has_header), None, [])
    begin = best.records[place.begin].line
    # Blank records before the header are no preamble: they are passed over by whoever reads it.
    skips = any(line.strip(f"{dialect.delimiter}\r\n") for line in lines[dialect.skip : begin])
    has_header = place.has_header if options.header is None else options.header
    decided = structs.replace(dialect, skip=begin if skips else dialect.skip, header=has_header)
    behind = place.begin + (dialect.header_rows if has_header else 0)
    body = [record for record in best.records[behind:] if not record.is_blank]
    if not options.null and any(field == NULL_MARKER for field in _raw_fields(body, dialect)):
        decided = structs.replace(decided, null=NULL_MARKER)
    findings = tell_decisions(lines, best, readings, decided, options)
    return Sniffed(decided, place, body, findings)


def _raw_fields(body: list[SampleRecord], dialect: Dialect) -> list[str]:
    """As they are written, of records in which the marker stands somewhere, but for those in quotes: what stands in them is text."""
    texts = [record.text.strip("\r\n") for record in body if NULL_MARKER in record.text]
    if dialect.quote:
        between = re.escape(dialect.delimiter)
        quoted = re.compile(f"(^|{between}){quoted_field(dialect)}(?={between}|$)", re.DOTALL)
        texts = [quoted.sub(r"\1", text) for text in texts]
    fields = [field for text in texts for field in text.split(dialect.delimiter)]
    return [field.lstrip(" ") for field in fields] if dialect.blank_after else fields


def _with_family(options: ScanOptions) -> ScanOptions:
    """What a whole family of writers does; what is said besides wins."""
    if options.family is None:
        return options
    quote, escape, delimiter, null = options.quote, options.escape, options.delimiter, options.null
    match options.family:
        case "mysql":
            escape, null = "\\" if escape is None else escape, null or NULL_MARKER
        case "postgres-copy":
            escape, null = "\\" if escape is None else escape, null or NULL_MARKER
            quote, delimiter = "" if quote is None else quote, delimiter or "\t"
        case "rfc4180":
            quote, escape, delimiter = '"' if quote is None else quote, "" if escape is None else escape, delimiter or ","
        case "excel":
            quote, escape = '"' if quote is None else quote, "" if escape is None else escape
    return structs.replace(options, quote=quote, escape=escape, delimiter=delimiter, null=null)


def check_options(options: ScanOptions) -> None:
    """Raises BadRequest."""
    for name, value in (
        ("delimiter", options.delimiter),
        ("quote", options.quote),
        ("escape", options.escape),
        ("comment", options.comment),
    ):
        if not value and name != "delimiter":
            continue
        if value is not None and (len(value) != 1 or not value.isascii() or value in "\r\n\0"):
            raise BadRequest("bad-dialect", f"{name} must be one ASCII character, no line end and no NUL; it is {value!r}.")
    chosen = [value for value in (options.delimiter, options.quote, options.escape, options.comment) if value]
    if len(set(chosen)) < len(chosen):
        raise BadRequest("bad-dialect", "delimiter, quote, escape and comment must be different characters.")
    if options.skip is not None and options.skip < 0:
        raise BadRequest("bad-dialect", "skip must not be negative.")
    if not 1 <= options.header_rows <= HEADER_ROWS_MAX:
        raise BadRequest("bad-dialect", f"header_rows must be 1 to {HEADER_ROWS_MAX}.")
    if options.header_rows > 1 and options.header is False:
        detail = f"header_rows={options.header_rows} says that the file has a header, header=false that it has none. Leave one of them out."
        raise BadRequest("bad-dialect", detail)
    if len(options.null) > NULL_CHARACTERS_MAX or set(options.null) & set("\r\n\0"):
        raise BadRequest("bad-dialect", f"null must be at most {NULL_CHARACTERS_MAX} characters, none of them a line end or NUL.")
