"""Scans one file on its way: dialect, header, record borders, chunks and types in the one pass in which its bytes flow by.

Pure and synchronous: whoever receives the file calls it from a thread. A few blocks are all that it holds.
"""

import codecs

from msgspec import Struct

from backbone.csvread.marks import show_findings
from backbone.errors import Rejected
from backbone.findings import Finding, Stopped, merge_findings
from backbone.model import Chunk, Column, Dialect
from services.upload.scan.body import Body
from services.upload.scan.encoded_twice import EncodedTwice
from services.upload.scan.encoding import Judgement, OtherEncoding, judge_around
from services.upload.scan.foreign import refuse_binary
from services.upload.scan.head import BOM, Head, read_head
from services.upload.scan.null_texts import find_null_texts
from services.upload.scan.options import ScanOptions
from services.upload.scan.profile import ColumnProfile

__all__ = ["Scan", "ScanOptions", "Scanner"]


class Scan(Struct, frozen=True, kw_only=True):
    dialect: Dialect
    columns: tuple[Column, ...]
    chunks: tuple[Chunk, ...]
    records: int
    profile: tuple[ColumnProfile, ...] = ()
    findings: tuple[Finding, ...] = ()


class Scanner:
    def __init__(self, options: ScanOptions) -> None:
        self._options = options
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._encoded_twice = EncodedTwice()
        self._fed = 0
        self._blocks: list[bytes] = []
        self._blocks_size = 0
        self._wanted = options.sample_bytes  # bytes to gather before the next step
        self._head: Head | None = None
        self._body: Body | None = None

    @property
    def dialect(self) -> Dialect | None:
        return self._head.dialect if self._head else None

    @property
    def columns(self) -> tuple[Column, ...] | None:
        """With the types found so far."""
        return self._body.columns if self._body else None

    def feed(self, block: bytes) -> None:
        """The next bytes of the file, as few or many as they come. Raises Rejected, OtherEncoding among it."""
        self._check_utf8(block, last=False)
        self._blocks.append(block)
        self._blocks_size += len(block)
        if self._blocks_size >= self._wanted:
            self._advance(last=False)

    def finish(self) -> Scan:
        """Call it once, behind the last byte. Raises Rejected."""
        self._check_utf8(b"", last=True)
        if self._options.empty and self._head is None and not b"".join(self._blocks).removeprefix(BOM).strip():
            return self._nothing()
        self._advance(last=True)
        assert self._head is not None and self._body is not None
        chunks, profile = self._body.finish()
        if not self._body.records and not self._options.empty:
            raise Rejected("header-only", "The file has a header, but no record behind it. If that is meant, empty=true lets it pass.")
        columns, suggestions = self._body.decide()
        null_texts = find_null_texts(columns, [of.top for of in profile], suggestions)
        told = (self._encoded_twice.finish(), self._head.findings, self._body.findings(), suggestions, null_texts)
        findings = show_findings(merge_findings(*told))
        if stop := next((finding for finding in findings if finding.level == "stop"), None):
            raise Stopped(stop)
        return Scan(
            dialect=self._head.dialect,
            columns=columns,
            chunks=chunks,
            records=self._body.records,
            profile=profile,
            findings=findings,
        )

    def _nothing(self) -> Scan:
        """A file without a byte says "nothing today", and nothing about columns: they stay as they are."""
        dialect = Dialect(encoding=self._options.encoding, compression=self._options.compression, header=False)
        return Scan(dialect=dialect, columns=(), chunks=(), records=0)

    def _advance(self, *, last: bool) -> None:
        data = b"".join(self._blocks)
        self._blocks, self._blocks_size = [], 0
        if self._body is None:
            data = self._begin_body(data, last=last)
        if self._body is not None:
            self._body.take(data, last=last)

    def _begin_body(self, data: bytes, *, last: bool) -> bytes:
        """What is left for the body; all of it is kept as long as the header has not ended."""
        head = read_head(data, self._options, last=last)
        if head is None:
            self._blocks, self._wanted = [data], self._options.piece_bytes
            return b""
        self._head = head
        self._body = Body(head, self._options)
        self._wanted = self._options.piece_bytes
        return data[head.body_offset :]

    def _check_utf8(self, block: bytes, *, last: bool) -> None:
        pending = self._decoder.getstate()[0]
        if not pending and block.isascii():
            self._encoded_twice.pass_over(block)
            self._fed += len(block)
            return
        try:
            self._decoder.decode(block, last)
        except UnicodeDecodeError as error:
            if self._head is None:
                refuse_binary(b"".join((*self._blocks, block)))
            judged = judge_around(pending + block, error.start)
            if judged.encoding == "utf-8":
                judged = Judgement(encoding="utf-8", is_damaged=True)
            raise OtherEncoding(judged, self._fed - len(pending) + error.start) from None
        self._encoded_twice.feed(block)
        self._fed += len(block)
