"""The dialects that a file's first bytes may be written in: whole candidates, each of which reads the sample. What the user says is
in all of them.
"""

import re
from collections.abc import Iterator
from typing import Final

from msgspec import structs

from backbone.csvread.borders import Borders
from backbone.csvread.quotes import Quotes
from backbone.model import Dialect
from services.upload.scan.options import ScanOptions

USUAL_DELIMITERS: Final = (",", ";", "\t", "|")
UNUSUAL_DELIMITERS: Final = (":", "^", "~", "\x1f", "\x01", "\x1c", "\x1d", "\x1e", " ")
DELIMITERS: Final = (*USUAL_DELIMITERS, *UNUSUAL_DELIMITERS)  # the earlier wins where both read as well
BLANK_SHARE_MIN: Final = 0.9  # of the delimiters are followed by a blank, for it to be no part of the field
_NAMES: Final = {"\t": "tab", " ": "blank", "\x01": "\\x01", "\x1f": "\\x1f"}


def name_of(delimiter: str) -> str:
    """As people are told of it."""
    return _NAMES.get(delimiter, delimiter)


def make_candidates(lines: list[str], options: ScanOptions) -> Iterator[Dialect]:
    known = known_dialect(options)
    text = "".join(lines[known.skip :])
    data = text.encode()
    delimiters = (options.delimiter,) if options.delimiter else tuple(_possible_delimiters(lines[known.skip :]))
    for delimiter in delimiters:
        for quote in _possible_quotes(text, data, structs.replace(known, delimiter=delimiter), options):
            plain = structs.replace(known, delimiter=delimiter, quote=quote)
            if len({delimiter, quote, plain.escape}) < 3:
                continue
            for dialect in _with_escape(text, data, plain, options):
                yield dialect
                if blank_follows(text, dialect):
                    yield structs.replace(dialect, blank_after=True)


def known_dialect(options: ScanOptions) -> Dialect:
    return Dialect(
        encoding=options.encoding,
        compression=options.compression,
        skip=options.skip or 0,
        escape=options.escape or None,
        null=options.null,
        ragged=options.ragged,
        comment=options.comment,
        sequences=options.family in ("mysql", "postgres-copy"),
        header_rows=options.header_rows,
        skip_end=options.skip_end,
    )


def has_illegal_quotes(data: bytes, dialect: Dialect) -> bool:
    """Quotes inside unquoted fields, text behind a closing quote."""
    return _count_illegal_quotes(data, dialect) > 0


def _count_illegal_quotes(data: bytes, dialect: Dialect) -> int:
    _, strays = Quotes(dialect).follow(data, 0, len(data), last=True)
    escape = ord(dialect.escape) if dialect.escape else -1
    return sum(1 for position in strays if data[position] != escape)


def blank_follows(text: str, dialect: Dialect) -> bool:
    """A blank behind a delimiter is no part of the field where one stands behind every delimiter, or between it and a quote."""
    delimiter = dialect.delimiter
    if delimiter == " ":
        return False
    blanks = text.count(f"{delimiter} ")
    if not blanks:
        return False
    bare = _without_quoted_fields(text, dialect)
    if dialect.quote and re.search(f"{re.escape(delimiter)} +{re.escape(dialect.quote)}", bare) and _opens_fields(text, dialect):
        return True
    bare = re.sub(r'"[^"]*"', "", bare) if dialect.quote == '"' else bare
    filled = len(re.findall(f"{re.escape(delimiter)}[^{re.escape(delimiter)}\r\n]", bare))
    return bool(filled) and bare.count(f"{delimiter} ") >= max(2, BLANK_SHARE_MIN * filled)


def _opens_fields(text: str, dialect: Dialect) -> bool:
    """Not a quote within a field, which no reading makes legal: `"one, "two", three"`."""
    data, after = text.encode(), structs.replace(dialect, blank_after=True)
    return _count_illegal_quotes(data, after) < _count_illegal_quotes(data, dialect)


def _without_quoted_fields(text: str, dialect: Dialect) -> str:
    """What stands in quotes is prose: a comma before a doubled quote delimits nothing."""
    if not dialect.quote:
        return text
    quote, delimiter = re.escape(dialect.quote), re.escape(dialect.delimiter)
    return re.sub(
        f"(^|{delimiter}){quote}[^{quote}]*(?:{quote}{quote}[^{quote}]*)*{quote}(?={delimiter}|\r?$)", r"\1", text, flags=re.MULTILINE
    )


def _possible_delimiters(lines: list[str]) -> Iterator[str]:
    """The unusual ones only if the first line has them too: `:` stands in every time of day."""
    text, first = "".join(lines), next((line for line in lines if line.strip()), "")
    for delimiter in DELIMITERS:
        if delimiter == "," or delimiter in (text if delimiter in USUAL_DELIMITERS else first):
            yield delimiter


def _possible_quotes(text: str, data: bytes, dialect: Dialect, options: ScanOptions) -> tuple[str, ...]:
    if options.quote is not None:
        return (options.quote,)
    return ('"', *(("'",) if "'" in text else ()), *(("",) if '"' in text and _may_be_no_quotes(data, dialect) else ()))


def _may_be_no_quotes(data: bytes, dialect: Dialect) -> bool:
    """Not where all stand around fields of one line."""
    borders = Borders(dialect)
    boundaries = borders.feed(data, 0, len(data), last=True)
    return borders.quoted or bool(boundaries.doubtful) or len(boundaries.ends) < len(boundaries.line_ends)


def _with_escape(text: str, data: bytes, plain: Dialect, options: ScanOptions) -> Iterator[Dialect]:
    if options.escape is not None or not plain.quote:
        yield plain
        return
    escaping = structs.replace(plain, escape="\\")
    if needs_escape(data, plain, escaping):
        yield escaping
    elif plain.quote == '"' or options.quote is not None or not has_illegal_quotes(data, plain) or _stand_around_fields(text, plain):
        yield plain


def _stand_around_fields(text: str, dialect: Dialect) -> bool:
    """Whether as many fields as lines stand in such quotes, though others are in words: `'a man','won't'`."""
    quote, delimiter = re.escape(dialect.quote), re.escape(dialect.delimiter)
    quoted = re.findall(rf"(?:^|(?<={delimiter})){quote}[^\r\n{delimiter}]+{quote}(?={delimiter}|\r?$)", text, re.MULTILINE)
    return len(quoted) >= max(2, text.count("\n"))


def needs_escape(data: bytes, plain: Dialect, escaping: Dialect) -> bool:
    """Whether a backslash before a quote means something: only where the quote would be illegal if it were taken as it is, and all are
    legal with it. A path that ends in a backslash, or a backslash before a doubled quote, are legal without."""
    if f"\\{plain.quote}".encode() not in data:
        return False
    return has_illegal_quotes(data, plain) and not has_illegal_quotes(data, escaping)
