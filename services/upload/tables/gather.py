"""A file of a table format on its way through: gathered in the temporary folder, then read by a process of its own, whose CSV is passed on."""

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final

import msgspec
import structlog
from msgspec import structs

from backbone.errors import Rejected, TooLarge
from backbone.findings import Finding
from backbone.settings import Settings
from services.upload.options import UploadOptions
from services.upload.scan.formats.table import NAMES, WORKBOOKS, OpenTable, TableFormat, TableHead, TableStream
from services.upload.scan.formats.unpacker import EXPANSION_FREE_BYTES, EXPANSION_MAX
from services.upload.tables.frames import END, HEAD, REFUSAL, Refusal, TableOrder, decode_findings, read_frame
from services.upload.tables.spool import Spool, SpoolBudget
from services.upload.tables.stalled import IDLE_S_MAX, Watch, watched

log = structlog.get_logger()

READERS_MAX: Final = 2  # at once in one process; a further one waits for its turn
_KILLED: Final = (-6, -9, -11, 134, 137, 139)  # abort, kill, a fault of memory: what a library does beyond its limit
_NO_ROOM: Final = ("memory allocation", "MemoryError", "MemError")  # in what Python and libraries in Rust say at their end
_OUT_OF_TIME: Final = (-24, 152)
NOTHING_SAID: Final = UploadOptions()
OF_CSV: Final = ("delimiter", "quote", "escape", "dialect", "comment")
OF_RECORDS: Final = ("header", "header_rows", "skip", "skip_end", "names", "sheet", "range")  # of a format that knows its columns


@dataclass(frozen=True)
class TableReaders:
    """Those of one process."""

    settings: Settings
    budget: SpoolBudget
    turns: threading.BoundedSemaphore

    @classmethod
    def of(cls, settings: Settings) -> "TableReaders":
        return cls(settings, SpoolBudget(settings.spool_bytes_max), threading.BoundedSemaphore(READERS_MAX))

    def opener(self, options: UploadOptions) -> OpenTable:
        def open_table(format: TableFormat) -> TableStream:
            return GatheredTable(self, options, format)

        return open_table


class GatheredTable:
    def __init__(self, readers: TableReaders, options: UploadOptions, format: TableFormat) -> None:
        """Raises Rejected for options that say nothing about this format."""
        check_options(options, format)
        settings = readers.settings
        self._readers = readers
        self._file_bytes_max = settings.file_bytes_max
        self._spool = Spool(readers.budget, *_limit(format, settings))
        self._order = TableOrder(
            path=self._spool.path,
            format=format,
            sheet=options.sheet,
            range=options.range,
            columns_max=settings.columns_max,
            record_bytes_max=settings.record_bytes_max,
            memory_bytes_max=settings.reader_memory_bytes_max,
        )
        self.head: TableHead | None = None
        self.findings: tuple[Finding, ...] = ()

    def feed(self, block: bytes) -> None:
        """Raises TooLarge, Busy."""
        self._spool.write(block)

    def finish(self, *, is_cut: bool = False) -> Iterator[bytes]:
        """Raises Rejected, TooLarge."""
        try:
            self._spool.flush()
            with self._readers.turns:
                yield from self._bounded(self._read(structs.replace(self._order, is_cut=is_cut)))
        finally:
            self.close()

    def close(self) -> None:
        self._spool.close()

    def _read(self, order: TableOrder) -> Iterator[bytes]:
        # A library in Rust that is out of memory waits for ever for itself while it prints where it was.
        environment = {**os.environ, "POLARS_MAX_THREADS": "1", "RUST_BACKTRACE": "0"}
        command = (sys.executable, "-m", "services.upload.tables.reader")
        said = tempfile.TemporaryFile()  # noqa: SIM115 -- not a pipe, which would have to be read meanwhile
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, env=environment)
        assert process.stdin and process.stdout
        with watched(process) as watch:
            try:
                process.stdin.write(msgspec.json.encode(order) + b"\n")
                process.stdin.close()
                yield from self._frames(process.stdout, watch)
            except (EOFError, BrokenPipeError):
                status = process.wait()
                said.seek(0)
                raise self._stalled() if watch.has_killed else self._died(status, said.read().decode(errors="replace")) from None
            finally:
                process.kill()
                process.wait()
                process.stdout.close()
                said.close()

    def _frames(self, source: IO[bytes], watch: Watch) -> Iterator[bytes]:
        while True:
            with watch.awaiting():
                kind, content = read_frame(source)
            if kind == HEAD:
                self.head = msgspec.json.decode(content, type=TableHead)
                self.findings = self.head.findings
            elif kind == REFUSAL:
                raise msgspec.json.decode(content, type=Refusal).error()
            elif kind == END:
                self.findings += decode_findings(content)
                return
            else:
                yield content

    def _stalled(self) -> TooLarge:
        limit, format = self._order.memory_bytes_max, NAMES[self._order.format]
        detail = (
            f"What reads {format} did nothing for {IDLE_S_MAX:.0f} s and was ended, as happens when {limit} bytes of memory are too few. "
            "ROWMILL_READER_MEMORY_BYTES_MAX raises the limit; or save it as CSV."
        )
        return TooLarge("table-too-large", detail)

    def _died(self, status: int, said: str) -> Exception:
        limit, format = self._order.memory_bytes_max, NAMES[self._order.format]
        if status in _OUT_OF_TIME:
            return TooLarge("table-too-large", f"It took too long to read {format}. Save it as CSV, which is read in pieces.")
        if status in _KILLED or any(word in said for word in _NO_ROOM):
            detail = f"To read {format} takes more than {limit} bytes of memory. ROWMILL_READER_MEMORY_BYTES_MAX raises the limit; or save it as CSV."
            return TooLarge("table-too-large", detail)
        log.error("reader of table died", format=self._order.format, status=status, said=said[-2000:])
        detail = f"What reads {format} gave up on this file; what it said is in the server's log. Save it as CSV and upload that."
        return Rejected("table-damaged", detail)

    def _bounded(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        size_bytes, free = 0, max(EXPANSION_FREE_BYTES, EXPANSION_MAX * self._spool.size_bytes)
        for piece in pieces:
            size_bytes += len(piece)
            if size_bytes > free:
                detail = f"The {self._order.format} file is more than {EXPANSION_MAX} times as large when it is written as CSV. Upload it as CSV."
                raise TooLarge("expands-too-much", detail)
            if size_bytes > self._file_bytes_max:
                detail = f"As CSV the file is larger than {self._file_bytes_max} bytes. ROWMILL_FILE_BYTES_MAX raises the limit."
                raise TooLarge("file-too-large", detail)
            yield piece


def _limit(format: TableFormat, settings: Settings) -> tuple[int, str]:
    if format in WORKBOOKS:
        most = settings.workbook_bytes_max
        return most, f"The workbook is larger than {most} bytes. ROWMILL_WORKBOOK_BYTES_MAX raises the limit; or save the sheet as CSV."
    return settings.file_bytes_max, f"The file is larger than {settings.file_bytes_max} bytes. ROWMILL_FILE_BYTES_MAX raises the limit."


def check_options(options: UploadOptions, format: TableFormat) -> None:
    """An option that this format knows no use for is not passed over. Raises Rejected."""
    meaningless = [*OF_CSV, *(() if format in WORKBOOKS else OF_RECORDS)]
    said = [name for name in meaningless if getattr(options, name) != getattr(NOTHING_SAID, name)]
    if options.encoding and options.encoding.lower() not in ("utf-8", "utf8"):  # which a Content-Type may say of anything
        said.append("encoding")
    if said:
        detail = f"{', '.join(f'{name}=' for name in said)} cannot be said of {NAMES[format]}. Leave it out."
        raise Rejected("option-not-for-format", detail)
