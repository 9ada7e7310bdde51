"""From the bytes that came in to the UTF-8 that is scanned and parsed. A plain UTF-8 file is that already; of any other a copy has to
be stored beside the original, for chunks are byte ranges of what the parsers read."""

from collections.abc import Iterator
from typing import Final

from services.upload.scan.encoding import Decoder, sniff_encoding
from services.upload.scan.foreign import refuse_binary
from services.upload.scan.unpack import Compression, Unpacker, sniff_compression

MAGIC_BYTES: Final = 10
WIDE_ENCODINGS: Final = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")  # half of their bytes are NULs
SAMPLE_BYTES: Final = 64 * 1024


class ReadingCopy:
    """`is_needed` is None until enough has been seen to tell; nothing has come out by then. When it is False, what comes out is what
    went in. `encoding` given is believed, or else found out."""

    def __init__(self, *, encoding: str | None = None) -> None:
        self.compression: Compression | None = None
        self.encoding: str | None = encoding
        self.is_needed: bool | None = None
        self._decoder: Decoder | None = Decoder(encoding) if encoding else None
        self._unpacker: Unpacker | None = None
        self._beginning: bytes | None = b""  # until the compression is known
        self._sample: list[bytes] | None = []  # until the encoding is known
        self._sample_size = 0

    def feed(self, block: bytes) -> Iterator[bytes]:
        """Raises Rejected, TooLarge."""
        if self._beginning is not None:
            block = self._beginning + block
            if len(block) < MAGIC_BYTES:
                self._beginning = block
                return
            self._begin(block)
        yield from self._unpacked(block)

    def finish(self) -> Iterator[bytes]:
        """What is left, behind the last block."""
        yield from self.peek()
        if self._unpacker is not None:
            self._unpacker.finish()
        if self._decoder is not None and (rest := self._decoder.finish()):
            yield rest

    def peek(self) -> Iterator[bytes]:
        """What was held back so far, when one cannot wait for more."""
        if self._beginning is not None:
            block = self._beginning
            self._begin(block)
            yield from self._unpacked(block)
        yield from self._settle()

    def _begin(self, block: bytes) -> None:
        self.compression = sniff_compression(block)
        self._unpacker = Unpacker(self.compression) if self.compression else None
        self._beginning = None

    def _unpacked(self, block: bytes) -> Iterator[bytes]:
        for piece in self._unpacker.feed(block) if self._unpacker else (block,):
            yield from self._decoded(piece)

    def _decoded(self, piece: bytes) -> Iterator[bytes]:
        if self._sample is None:
            yield from self._decode(piece)
            return
        self._sample.append(piece)
        self._sample_size += len(piece)
        if self._sample_size >= SAMPLE_BYTES:
            yield from self._settle()

    def _settle(self) -> Iterator[bytes]:
        """Decides on the encoding, and lets go what was held back for it."""
        if self._sample is None:
            return
        pieces, self._sample = self._sample, None
        if self.encoding is None:
            sample = b"".join(pieces)[: 2 * SAMPLE_BYTES]
            self.encoding = sniff_encoding(sample)
            if self.encoding not in WIDE_ENCODINGS:
                refuse_binary(sample)  # before it is decoded: any bytes at all are text in Windows-1252
        is_utf8 = self.encoding.lower().replace("_", "-") in ("utf-8", "utf8", "utf-8-sig")
        self._decoder = None if is_utf8 else self._decoder or Decoder(self.encoding)
        self.is_needed = self._unpacker is not None or not is_utf8
        for piece in pieces:
            yield from self._decode(piece)

    def _decode(self, piece: bytes) -> Iterator[bytes]:
        """Nothing for a block that holds but half a character."""
        if text := self._decoder.feed(piece) if self._decoder else piece:
            yield text
