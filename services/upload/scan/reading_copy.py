"""From the bytes that came in to the UTF-8 that is scanned and parsed. A plain UTF-8 file is that already; of any other a copy has to
be stored beside the original, for chunks are byte ranges of what the parsers read. Of a workbook and other table formats the copy is a CSV
file (`formats/table.py`)."""

from collections.abc import Iterator
from typing import Final, Literal

from backbone.errors import Rejected
from backbone.findings import Finding
from services.upload.scan.decoder import Decoder, EncodingErrors
from services.upload.scan.encoding import Evidence, Judgement, OtherEncoding, is_utf8, judge
from services.upload.scan.foreign import refuse_binary
from services.upload.scan.formats.registry import MAGIC_BYTES, sniff_format
from services.upload.scan.formats.table import NAMES, WORKBOOKS, OpenTable, TableFormat, TableHead, TableStream, sniff_table
from services.upload.scan.formats.unpacker import UNPACKED_BYTES_MAX, Unpacker

WIDE_ENCODINGS: Final = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")  # half of their bytes are NULs
BOM: Final = b"\xef\xbb\xbf"
SAMPLE_BYTES: Final = 64 * 1024
InputName = Literal["csv", "xlsx", "xls", "ods", "parquet", "arrow", "json", "ndjson"]


class ReadingCopy:
    """`is_needed` is None until enough has been seen to tell; nothing has come out by then. When it is False, what comes out is what
    went in. `encoding` given is believed; `judged` was found in an earlier pass, and is the last word when it `is_final`; or else the
    encoding is found out. Bytes that are not of it become what `errors` says (`decoder.py`)."""

    def __init__(
        self,
        *,
        encoding: str | None = None,
        errors: EncodingErrors = "reject",
        judged: Judgement | None = None,
        is_final: bool = False,
        unpacked_bytes_max: int = UNPACKED_BYTES_MAX,
        format: InputName | None = None,
        open_table: OpenTable | None = None,
    ) -> None:
        """`format` as it was said; without `open_table` the file is taken for text."""
        self._unpacked_bytes_max = unpacked_bytes_max
        self.compression: str | None = None
        self.encoding: str | None = encoding
        self.is_needed: bool | None = None
        self._errors = errors
        self._judged = judged
        self._decoder: Decoder | None = Decoder(encoding, errors) if encoding else None
        self._evidence = None if encoding or is_final else Evidence()
        self._is_beyond_sample = False
        self._unpacker: Unpacker | None = None
        self._beginning: bytes | None = b""  # until the compression is known
        self._sample: list[bytes] | None = []  # until the encoding is known
        self._sample_size = 0
        self._format = format
        self._open_table = None if format == "csv" else open_table
        self._table: TableStream | None = None
        self._gathered: TableFormat | None = None

    @property
    def table(self) -> TableHead | None:
        """What is known of a table, once something of it has come out; None: a file of text."""
        return self._table.head if self._table is not None else None

    @property
    def gathers(self) -> TableFormat | None:
        """The table format that comes out at the file's end only."""
        return self._gathered

    @property
    def is_marked(self) -> bool:
        """Marks may stand for bytes that are not of the encoding."""
        return self._decoder is not None

    @property
    def findings(self) -> tuple[Finding, ...]:
        if self._table is not None:
            return self._table.findings
        guess = self._judged.findings if self._judged is not None else ()
        return (*guess, *(self._decoder.findings if self._decoder is not None else ()))

    def feed(self, block: bytes) -> Iterator[bytes]:
        """Raises Rejected, TooLarge."""
        if self._beginning is not None:
            block = self._beginning + block
            if len(block) < MAGIC_BYTES:
                self._beginning = block
                return
            self._begin(block)
        yield from self._unpacked(block)

    def finish(self, *, is_cut: bool = False) -> Iterator[bytes]:
        """What is left, behind the last block. `is_cut`: of a table format the rest is missing."""
        yield from self.peek(last=True)
        if self._unpacker is not None and not is_cut:
            self._unpacker.finish()
        if self._decoder is not None and (rest := self._decoder.finish()):
            yield rest
        if self._table is not None:
            yield from self._table.finish(is_cut=is_cut)
        self._check_evidence()

    def close(self) -> None:
        """Of a table that was not read to its end nothing is left behind."""
        if self._table is not None:
            self._table.close()

    def peek(self, *, last: bool = False) -> Iterator[bytes]:
        """What was held back so far, when one cannot wait for more."""
        if self._beginning is not None:
            block = self._beginning
            self._begin(block)
            yield from self._unpacked(block)
        yield from self._settle(last=last)

    def _begin(self, block: bytes) -> None:
        if self._format not in WORKBOOKS and (packed := sniff_format(block)):
            self.compression = packed.name
            self._unpacker = Unpacker(packed, self._unpacked_bytes_max)
        self._beginning = None

    def _unpacked(self, block: bytes) -> Iterator[bytes]:
        for piece in self._unpacker.feed(block) if self._unpacker else (block,):
            yield from self._decoded(piece)

    def _decoded(self, piece: bytes) -> Iterator[bytes]:
        if self._table is not None:
            self._table.feed(piece)
        elif self._sample is None:
            yield from self._decode(piece)
        else:
            self._sample.append(piece)
            self._sample_size += len(piece)
            if self._sample_size >= SAMPLE_BYTES:
                yield from self._settle()

    def _settle(self, *, last: bool = False) -> Iterator[bytes]:
        """Decides on the encoding, and lets go what was held back for it."""
        if self._sample is None:
            return
        pieces, self._sample = self._sample, None
        sample = b"".join(pieces)[: 2 * SAMPLE_BYTES]
        if self._open_table is not None and (format := table_format(sample, self._format)):
            self._gathered = format
            self._begin_table(self._open_table(format), pieces)
            return
        is_all = last and self._sample_size <= len(sample)
        judged = self._judge(sample, is_all)
        self._judged, self.encoding = judged, judged.encoding
        is_plain = _is_utf8_name(judged.encoding) and not judged.is_damaged
        if is_plain:
            self._decoder = self._evidence = None
        elif self._decoder is None:
            self._decoder = Decoder(judged.encoding, self._errors)
        self.is_needed = self._unpacker is not None or not is_plain
        for piece in pieces:
            yield from self._decode(piece)
        self._is_beyond_sample = False

    def _begin_table(self, table: TableStream, pieces: list[bytes]) -> None:
        self._table, self.encoding, self.is_needed = table, "utf-8", True
        self._decoder = self._evidence = None
        for piece in pieces:
            table.feed(piece)

    def _judge(self, sample: bytes, is_all: bool) -> Judgement:
        if self.encoding is not None:
            is_damaged = _is_utf8_name(self.encoding) and not is_utf8(sample, last=is_all)
            return Judgement(encoding=self.encoding, is_damaged=is_damaged)
        judged = self._judged or judge(sample, last=is_all)
        if judged.encoding in WIDE_ENCODINGS:
            self._evidence = None
        else:
            refuse_binary(sample)  # before it is decoded: any bytes at all are text in Windows-1252
        return judged

    def _decode(self, piece: bytes) -> Iterator[bytes]:
        """Nothing for a block that holds but half a character."""
        self._is_beyond_sample = True
        if self._evidence is not None:
            self._evidence.feed(piece)
        if text := self._decoder.feed(piece) if self._decoder else piece:
            yield text

    def _check_evidence(self) -> None:
        """The whole file may tell otherwise than its beginning. Raises `OtherEncoding`."""
        if self._evidence is None or self._judged is None or not self._is_beyond_sample:
            return
        whole = Judgement(encoding="utf-8", is_damaged=True) if self._evidence.is_utf8 else judge(bytes(self._evidence.foreign))
        if self._evidence.is_utf8 != (self._judged.encoding == "utf-8") and whole.encoding != self._judged.encoding:
            raise OtherEncoding(whole)


def table_format(sample: bytes, said: InputName | None) -> TableFormat | None:
    """By what was said, which the file's first bytes have to bear out, else by them. Raises Rejected."""
    seen = sniff_table(sample)
    if said is None or said == "csv":
        return seen
    is_json = said in ("json", "ndjson") and sample.removeprefix(BOM).lstrip()[:1] in (b"{", b"[", b"")
    is_packed = said in ("xlsx", "ods") and sample.startswith(b"PK")
    if seen == said or is_json or is_packed:
        return said
    actual = f"it is {NAMES[seen]}" if seen else "its first bytes are those of another"
    raise Rejected("other-format", f"format={said} says that the file is {NAMES[said]}, and {actual}. Leave format= out.")


def _is_utf8_name(encoding: str) -> bool:
    return encoding.lower().replace("_", "-") in ("utf-8", "utf8", "utf-8-sig")
