"""Parquet and Arrow by polars, batch by batch: columns with the types that the file gives them, every value as a text that is the same value.

Structs become a column a field (`address.city`), lists and maps JSON text, bytes hexadecimal digits. NaN and the infinities, which are no
numbers in any table of ours, become null and are counted.
"""

from collections.abc import Iterator
from decimal import Decimal
from os import SEEK_END
from pathlib import Path
from typing import Any, Final

import polars as pl
from msgspec import Struct

from backbone.csvread.marks import NULL_FIELD
from backbone.errors import Rejected
from backbone.findings import Finding
from backbone.model import ColumnType
from services.upload.scan.formats.table import NAMES, TableHead
from services.upload.tables.frames import TableOrder
from services.upload.tables.json_text import write_json
from services.upload.tables.table import record, tell_not_finite

BATCH_CELLS: Final = 250_000
SHOWN_MAX: Final = 10
_EXPONENT: Final = r"[eE]"
_FRACTIONS: Final = {0: "", 3: "%.3f", 6: "%.6f", 9: "%.9f"}
_STREAM: Final = b"\xff\xff\xff\xff"


class FlatColumn(Struct, frozen=True):
    title: str
    value: pl.Expr
    type: pl.DataType


def open_columnar(order: TableOrder) -> "ColumnarTable":
    """Raises Rejected."""
    try:
        return ColumnarTable(read_lazily(order), order)
    except Rejected:
        raise
    except BaseException as error:  # polars' own, and the panics of its readers, which are no Exception
        raise damaged(order, error) from None


def read_lazily(order: TableOrder) -> pl.LazyFrame:
    if order.format == "parquet":
        return pl.scan_parquet(order.path, glob=False)
    with open(order.path, "rb") as file:  # noqa: PTH123
        is_stream = file.read(4) == _STREAM
    return pl.read_ipc_stream(order.path).lazy() if is_stream else pl.scan_ipc(order.path, glob=False)


def damaged(order: TableOrder, error: BaseException) -> Rejected:
    """What polars says of the file, or that is not the file's fault."""
    if isinstance(error, MemoryError | KeyboardInterrupt | SystemExit):
        raise error
    said = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    if "encrypt" in said.lower():
        return Rejected("table-encrypted", f"This is {NAMES[order.format]} with encrypted columns. Write it without encryption.")
    what_to_do = (
        "Write its columns in types and encodings that most readers know."
        if is_whole(order)
        else "Was it cut off? Send it again, or write it again."
    )
    return Rejected("table-damaged", f"This is {NAMES[order.format]} by its first bytes, but it cannot be read ({said}). {what_to_do}")


def is_whole(order: TableOrder) -> bool:
    """Parquet's and Arrow's files end as they begin; a stream of Arrow says nothing at its end."""
    with Path(order.path).open("rb") as file:
        size = file.seek(0, SEEK_END)
        file.seek(max(0, size - 6))
        end = file.read()
    return end.endswith(b"PAR1") if order.format == "parquet" else end == b"ARROW1"


class ColumnarTable:
    def __init__(self, frame: pl.LazyFrame, order: TableOrder) -> None:
        """Raises Rejected, and what polars raises."""
        self._frame = frame
        self._order = order
        self._flat = [flat for title, type_ in frame.collect_schema().items() for flat in flatten(title, pl.col(title), type_)]
        if not self._flat:
            raise Rejected("empty-file", f"{NAMES[order.format].capitalize()} without a column has no rows.")
        if len(self._flat) > order.columns_max:
            detail = (
                f"The file has {len(self._flat)} columns, the limit is {order.columns_max} (ROWMILL_COLUMNS_MAX). Leave some of them out."
            )
            raise Rejected("too-many-columns", detail)
        self._fractions = find_fractions(frame, self._flat)
        self._not_finite = 0
        titles = [flat.title for flat in self._flat]
        self._header = record(titles)
        self._head = TableHead(
            format=order.format,
            titles=tuple(titles),
            types=tuple(column_type(flat.type) for flat in self._flat),
            header_bytes=len(self._header),
            header_lines=self._header.count(b"\n"),
            findings=tell_written(self._flat),
        )

    @property
    def head(self) -> TableHead:
        return self._head

    def findings(self) -> tuple[Finding, ...]:
        return tell_not_finite(self._not_finite)

    def records(self) -> Iterator[bytes]:
        yield self._header
        columns = [flat.value.alias(f"c{index}") for index, flat in enumerate(self._flat)]
        height = max(1, BATCH_CELLS // len(columns))
        batches = self._frame.select(columns).collect_batches(chunk_size=height, maintain_order=True)
        try:
            for batch in batches:
                for part in batch.iter_slices(height):
                    yield self._write(part)
        except Rejected:
            raise
        except BaseException as error:
            raise damaged(self._order, error) from None

    def _write(self, batch: pl.DataFrame) -> bytes:
        texts = [self._texts(batch.to_series(index), index) for index in range(len(self._flat))]
        written: str = pl.DataFrame(texts).write_csv(include_header=False, null_value=NULL_FIELD)
        return written.encode()

    def _texts(self, values: pl.Series, index: int) -> pl.Series:
        if values.dtype.is_float():
            finite = values.is_finite()
            self._not_finite += int((~finite).sum())
            values = values.to_frame("v").select(pl.when(pl.col("v").is_finite()).then(pl.col("v"))).to_series()
        return as_text(values, self._fractions.get(index, 0)).alias(f"c{index}")


def flatten(title: str, value: pl.Expr, type_: pl.DataType) -> Iterator[FlatColumn]:
    if isinstance(type_, pl.Struct) and type_.fields:
        for field in type_.fields:
            yield from flatten(f"{title}.{field.name}", value.struct.field(field.name), field.dtype)  # type: ignore[arg-type]
    else:
        yield FlatColumn(title, value, type_)


def column_type(type_: pl.DataType) -> ColumnType | None:
    """As the scan would find it from the texts; said for columns of texts, which stay what they are, and for those without a value."""
    if type_.is_integer():
        return "integer"
    if type_.is_float() or type_.is_decimal():
        return "decimal"
    if type_ == pl.Boolean:
        return "boolean"
    if type_ == pl.Date:
        return "date"
    if type_ == pl.Null:
        return None
    return "timestamp" if type_ == pl.Datetime else "text"


def find_fractions(frame: pl.LazyFrame, flat: list[FlatColumn]) -> dict[int, int]:
    """Of each column of moments, how many digits of a second's fraction all its values together need: 0, 3, 6 or 9."""
    moments = {index: column for index, column in enumerate(flat) if column.type == pl.Datetime}
    if not moments:
        return {}
    steps = {index: {"ms": 3, "us": 6, "ns": 9}[getattr(column.type, "time_unit", None) or "us"] for index, column in moments.items()}
    asked = [
        (column.value.dt.timestamp(_unit(steps[index])) % 10 ** (steps[index] - digits) != 0).any().alias(f"{index}-{digits}")
        for index, column in moments.items()
        for digits in range(0, steps[index], 3)
    ]
    needs = frame.select(asked).collect(engine="streaming").row(0, named=True)
    return {index: 3 * sum(bool(needs[f"{index}-{digits}"]) for digits in range(0, steps[index], 3)) for index in moments}


def _unit(digits: int) -> Any:
    return {3: "ms", 6: "us", 9: "ns"}[digits]


def as_text(values: pl.Series, fraction: int) -> pl.Series:
    type_ = values.dtype
    if type_ == pl.Null:
        return pl.Series(values.name, [None] * len(values), dtype=pl.String)
    if type_.is_float():
        return without_exponents(values.cast(pl.String))
    if isinstance(type_, pl.Datetime):
        moment = f"%Y-%m-%dT%H:%M:%S{_FRACTIONS[fraction]}"
        return (values.dt.convert_time_zone("UTC") if type_.time_zone else values).dt.to_string(moment + ("Z" if type_.time_zone else ""))
    if type_ == pl.Duration:
        return values.dt.to_string("iso")
    if type_ == pl.Binary:
        return values.bin.encode("hex")
    if type_.is_nested():
        return pl.Series(values.name, [None if value is None else write_json(value) for value in values.to_list()], dtype=pl.String)
    return values.cast(pl.String)


def without_exponents(texts: pl.Series) -> pl.Series:
    """`1e21` as all its digits."""
    odd = texts.str.contains(_EXPONENT)
    if not odd.any():
        return texts
    written = [plain_number(text) if is_odd else text for text, is_odd in zip(texts.to_list(), odd.to_list(), strict=True)]
    return pl.Series(texts.name, written, dtype=pl.String)


def plain_number(text: str) -> str:
    plain = f"{Decimal(text):f}"
    return plain if "." in plain else f"{plain}.0"


def tell_written(flat: list[FlatColumn]) -> tuple[Finding, ...]:
    ways: dict[str, list[str]] = {"hexadecimal digits": [], "JSON text": []}
    for column in flat:
        if column.type == pl.Binary:
            ways["hexadecimal digits"].append(column.title)
        elif column.type.is_nested():
            ways["JSON text"].append(column.title)
    told = [f"{', '.join(titles[:SHOWN_MAX])} as {way}" for way, titles in ways.items() if titles]
    if not told:
        return ()
    message = f"Columns whose values no column of ours can hold were written as text: {'; '.join(told)}."
    return (Finding(code="values-as-text", level="info", message=message, count=sum(map(len, ways.values()))),)
