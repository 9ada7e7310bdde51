"""The first records of a file as one dialect reads them, each with its line and its text."""

import csv
import io
from typing import Final

from msgspec import Struct

from backbone.csvread.exact import csv_options
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
        return not self.filled and '"' not in self.text

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
    return records[:-1] if is_torn and len(records) > 2 else records
