"""The first records of a file as one dialect reads them, each with its line and its text."""

import csv
import io
from collections import Counter
from typing import Final

from msgspec import Struct, structs

from backbone.csvread.exact import csv_options
from backbone.csvread.literal_quotes import repair_quotes
from backbone.model import Dialect

SAMPLE_BYTES_MAX: Final = 64 * 1024
RECORDS_MAX: Final = 200


class SampleRecord(Struct, frozen=True):
    fields: list[str]
    line: int  # of its begin, from 0 in the sample
    text: str  # with its line end

    @property
    def width(self) -> int:
        return len(self.fields)

    @property
    def filled(self) -> int:
        return sum(1 for field in self.fields if field.strip())

    @property
    def is_blank(self) -> bool:
        """Empty, or of nothing but delimiters."""
        return not any(map(str.strip, self.fields)) and '"' not in self.text

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()


def whole_lines(sample: bytes, *, last: bool) -> list[str]:
    """The sample's physical lines with their ends, without one that may go on behind it."""
    whole = last and len(sample) <= SAMPLE_BYTES_MAX
    if not whole:
        sample = sample[:SAMPLE_BYTES_MAX]
        end = max(sample.rfind(b"\n"), sample.rfind(b"\r")) + 1
        sample = sample[:end] if end else sample
    return io.StringIO(sample.decode("utf-8", "ignore"), newline="").readlines()


def read_records(lines: list[str], dialect: Dialect, *, whole: bool) -> list[SampleRecord]:
    """Behind the dialect's `skip`, blank ones included. Where the file goes on the last one is left out: it may be torn."""
    begin = dialect.skip
    reader = csv.reader(lines[begin:], **csv_options(dialect))
    records: list[SampleRecord] = []
    line = begin
    for fields in reader:
        behind = begin + reader.line_num
        records.append(SampleRecord(fields, line, "".join(lines[line:behind])))
        line = behind
        if len(records) > RECORDS_MAX:
            break
    is_torn = len(records) > RECORDS_MAX or not whole
    return _with_quotes_repaired(records[:-1] if is_torn and len(records) > 2 else records, dialect)


def usual_width(records: list[SampleRecord]) -> int:
    """That of most records; the larger one where two are as frequent, for short records are more frequent than long ones."""
    widths = Counter(record.width for record in records if not record.is_blank)
    return max(widths.items(), key=lambda item: (item[1] * (item[0] > 1), item[0]))[0] if widths else 1


def _with_quotes_repaired(records: list[SampleRecord], dialect: Dialect) -> list[SampleRecord]:
    if not dialect.quote:
        return records
    widths = (usual_width(records),)
    return [
        structs.replace(record, fields=repair_quotes(record.fields, record.text, dialect, widths))
        if dialect.quote in record.text
        else record
        for record in records
    ]
