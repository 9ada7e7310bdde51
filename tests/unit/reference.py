"""What the records of a file are, by Python's `csv` over the whole file: the measure for scan and parse."""

import csv
import io
import re
from operator import itemgetter
from typing import Any

from msgspec import Struct

from backbone.model import Chunk, Dialect, Reject, Table
from services.parser.parse_chunk import ParsedChunk, parse_chunk
from services.upload.scan.scanner import Scan, Scanner, ScanOptions

RAW_BYTES_MAX = 64 * 1024


class Reference(Struct):
    header: list[str]
    rows: list[list[str | None]]
    rejects: list[tuple[int, int, str, str]]  # record, line, reason, raw
    records: int


def csv_arguments(dialect: Dialect) -> dict[str, Any]:
    quoting = csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE
    return {
        "delimiter": dialect.delimiter,
        "quotechar": dialect.quote or None,
        "escapechar": dialect.escape,
        "quoting": quoting,
        "skipinitialspace": dialect.blank_after,
    }


def read_reference(text: str, dialect: Dialect, titles: list[str] | None = None) -> Reference:
    """`titles`: those that the scan gave the columns, where the header has others than the records."""
    csv.field_size_limit(2**31 - 1)
    lines = io.StringIO(text, newline="").readlines()
    reader = csv.reader(lines[dialect.skip :], **csv_arguments(dialect))
    records: list[tuple[list[str], int, str]] = []
    line = dialect.skip + 1
    for fields in reader:
        behind = dialect.skip + reader.line_num
        is_left_out = says_nothing(raw_of(lines, line, behind), dialect)
        if fields and not is_left_out:
            records.append((fields, line, raw_of(lines, line, behind)))
        line = behind + 1
    open_quote = ends_in_open_quote("".join(lines[dialect.skip :]), dialect)
    header = records.pop(0)[0] if dialect.header else [""] * len(records[0][0])
    own_header = header
    header = header if titles is None else titles
    width = len(header)
    widths = {width - dialect.left_out, width + dialect.empty_columns}
    records = [(with_quotes_kept(fields, raw, dialect, widths), line, raw) for fields, line, raw in records]
    answer = Reference(header=header, rows=[], rejects=[], records=len(records))
    for number, (fields, line, raw) in enumerate(records, start=1):
        shown = raw.removesuffix("\n").removesuffix("\r") if raw.endswith(("\n", "\r")) else raw
        shown = shown.encode()[:RAW_BYTES_MAX].decode(errors="ignore").replace("\0", "␀")
        if number == len(records) and open_quote:
            answer.rejects.append((number, line, "quote-left-open", shown))
        elif any("\0" in field for field in fields):
            answer.rejects.append((number, line, "nul-byte", shown))
        elif dialect.header and 1 < width == len(own_header) and says_the_header(raw, header, dialect):
            answer.rejects.append((number, line, "header-repeated", shown))
        elif any(field.strip(" \t\r\n") and field != dialect.null for field in fields[width:]):
            answer.rejects.append((number, line, "too-many-fields", shown))
        elif dialect.ragged == "reject" and len(fields) < width - dialect.left_out:
            answer.rejects.append((number, line, "too-few-fields", shown))
        else:
            cells = (fields + [""] * width)[:width]
            answer.rows.append([None if field in ("", dialect.null) else field for field in cells])
    return answer


def says_nothing(raw: str, dialect: Dialect) -> bool:
    fields = [field.strip(" \t") for field in raw.rstrip("\r\n").split(dialect.delimiter)]
    return {*fields} <= {"", dialect.quote * 2} and (len(fields) > 1 or not fields[0])


def says_the_header(raw: str, header: list[str], dialect: Dialect) -> bool:
    """Whatever its letter case, and with any quotes and blanks around."""

    def folded(text: str) -> list[str]:
        for dropped in ("\ufeff", dialect.quote, dialect.escape or ""):
            text = text.replace(dropped, "")
        return [" ".join(re.split("[ _\t\r\n]+", part)).strip(" ").casefold() for part in text.rstrip("\r\n").split(dialect.delimiter)]

    titles, fields = folded(dialect.delimiter.join(header)), folded(raw)
    return "".join(titles) != "" and fields + [""] * (len(titles) - len(fields)) == titles + [""] * (len(fields) - len(titles))


def raw_of(lines: list[str], line: int, behind: int) -> str:
    return "".join(lines[line - 1 : behind])


def with_quotes_kept(fields: list[str], raw: str, dialect: Dialect, widths: set[int]) -> list[str]:
    """The fields of a record in one line, if `csv` finds too many or too few and there are enough as soon as stray quotes are characters."""
    text = raw.rstrip("\r\n")
    if len(fields) in widths or not dialect.quote or dialect.escape or dialect.quote not in text or set(text) & {"\r", "\n"}:
        return fields
    for opens_again in (True, False):
        kept = split_by_closing_quotes(text, dialect, opens_again=opens_again)
        if len(kept) in widths:
            return kept
    return fields


def split_by_closing_quotes(text: str, dialect: Dialect, *, opens_again: bool) -> list[str]:
    """A quote closes only before a delimiter or the end. `opens_again`: one behind a delimiter takes back that the field was quoted."""
    fields, quote, delimiter = list[str](), dialect.quote, dialect.delimiter
    rest: str | None = text
    while rest is not None:
        rest = rest.lstrip(" ") if dialect.blank_after else rest
        end = find_closing_quote(rest, dialect, opens_again=opens_again) if rest.startswith(quote) else None
        behind = rest if end is None else rest[end + 1 :]
        text, found, follows = behind.partition(delimiter)
        fields.append(text if end is None else rest[1:end].replace(quote + quote, quote) + text)
        rest = follows if found else None
    return fields


def find_closing_quote(text: str, dialect: Dialect, *, opens_again: bool) -> int | None:
    place = 1
    while (place := text.find(dialect.quote, place)) >= 0:
        behind = text[place + 1 :] if dialect.delimiter == " " else text[place + 1 :].lstrip(" ")
        if text[place + 1 : place + 2] == dialect.quote:
            place += 2
        elif not behind or behind.startswith(dialect.delimiter):
            return place
        elif opens_again and text[place - 1] == dialect.delimiter:
            return None
        else:
            place += 1
    return None


def ends_in_open_quote(text: str, dialect: Dialect) -> bool:
    """One character at a time, as plainly as can be: an open quote is the one thing that `csv` does not tell."""
    state = "start"
    for character in text:
        match state:
            case "escaped":
                state = "field"
            case "escaped in quotes":
                state = "quoted"
            case "quoted":
                if character == dialect.escape:
                    state = "escaped in quotes"
                elif character == dialect.quote:
                    state = "quote seen"
            case "quote seen":
                ends_field = character in (dialect.delimiter, "\r", "\n")
                state = "quoted" if character == dialect.quote else "start" if ends_field else "field"
            case _:
                if character in (dialect.delimiter, "\r", "\n"):
                    state = "start"
                elif character == " " and state == "start" and dialect.blank_after:
                    pass
                elif character == dialect.escape:
                    state = "escaped"
                elif character == dialect.quote and state == "start":
                    state = "quoted"
                else:
                    state = "field"
    return state in ("quoted", "escaped in quotes")


class Outcome(Struct):
    scan: Scan
    rows: list[list[str | None]]
    rejects: list[Reject]
    numbers: list[int]  # `_row`
    chunks: list[tuple[Chunk, ParsedChunk]]


def scan_bytes(data: bytes, options: ScanOptions, block_bytes: int = 1 << 20) -> Scan:
    scanner = Scanner(options)
    for begin in range(0, len(data), block_bytes):
        scanner.feed(data[begin : begin + block_bytes])
    return scanner.finish()


def scan_and_parse(data: bytes, options: ScanOptions, block_bytes: int = 1 << 20, table: Table | None = None) -> Outcome:
    scan = scan_bytes(data, options, block_bytes)
    outcome = Outcome(scan=scan, rows=[], rejects=[], numbers=[], chunks=[])
    for chunk in scan.chunks:
        parsed = parse_chunk(
            data[chunk.offset : chunk.offset + (min(chunk.length, 4096) if chunk.oversized else chunk.length)],
            chunk=chunk,
            dialect=scan.dialect,
            columns=scan.columns,
            table=table or Table(id=1, columns=scan.columns),
            version=7,
            table_chunk=10 + chunk.number,
        )
        outcome.chunks.append((chunk, parsed))
        rows = read_payload(parsed.payload)
        assert len(rows) == parsed.rows
        assert parsed.rows + len(parsed.rejects) == parsed.records == chunk.records
        for origin, number, *cells in rows:
            assert origin == "7"
            assert number is not None
            outcome.numbers.append(int(number))
            outcome.rows.append(cells)
        outcome.rejects += parsed.rejects
    return outcome


def read_payload(payload: bytes) -> list[list[str | None]]:
    return [[field or None for field in row] for row in csv.reader(io.StringIO(payload.decode(), newline=""))]


def check_against_reference(data: bytes, text: str, options: ScanOptions, block_bytes: int) -> Outcome:
    """`text` is what `data` says, without a byte order mark. Leaves nothing out: rows, rejects, their places, chunks, numbers."""
    outcome = scan_and_parse(data, options, block_bytes)
    scan = outcome.scan
    expected = read_reference(text, scan.dialect, [column.title for column in scan.columns] + ["?"] * scan.dialect.left_out)
    assert [row for _, row in sorted(zip(outcome.numbers, outcome.rows, strict=True), key=itemgetter(0))] == expected.rows
    assert [(reject.record, reject.line, reject.reason, reject.raw) for reject in outcome.rejects] == expected.rejects
    assert scan.records == expected.records == sum(chunk.records for chunk in scan.chunks)
    assert_chunks_tile(data, scan)
    rejected = {reject.record for reject in outcome.rejects}
    expected_numbers = [
        (10 + chunk.number << 32) + place
        for chunk in scan.chunks
        for place in range(chunk.records)
        if chunk.first_record + place not in rejected
    ]
    assert sorted(outcome.numbers) == expected_numbers
    return outcome


def assert_chunks_tile(data: bytes, scan: Scan) -> None:
    offset = scan.chunks[0].offset
    line = scan.chunks[0].first_line
    record = 1
    for number, chunk in enumerate(scan.chunks):
        assert (chunk.number, chunk.offset, chunk.first_record, chunk.first_line) == (number, offset, record, line)
        assert chunk.length > 0
        offset += chunk.length
        record += chunk.records
        line += len(io.StringIO(data[chunk.offset : offset].decode(), newline="").readlines())
    assert offset == len(data)
