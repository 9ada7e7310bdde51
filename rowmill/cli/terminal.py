"""What may reach a terminal: text as it is, never as markup or as control characters. Where output is no terminal, lines stay whole."""

import re
import sys
from collections.abc import Iterable
from typing import Any, Final

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.table import Table
from rich.text import Text

# C0 and C1 controls, DEL, and what turns the direction of writing or breaks lines: a name must look like what it is.
UNSAFE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]")
PIPE_COLUMNS: Final = 100_000  # wider than any table: in a pipe nothing is cut or wrapped
_json = msgspec.json.Encoder(decimal_format="number", enc_hook=lambda value: dict(value))


def safe(text: str) -> str:
    """Control characters as pictures (␛), others of that kind as �."""
    return UNSAFE.sub(lambda match: chr(0x2400 + ord(match[0])) if match[0] < "\x20" else "\N{REPLACEMENT CHARACTER}", text)


def line(text: str, longest: int | None = None) -> str:
    """On one line, with single blanks, cut to `longest` characters."""
    whole = safe(" ".join(text.split()))
    return whole if longest is None or len(whole) <= longest else f"{whole[: longest - 1]}…"


def text(*parts: str | tuple[str, str]) -> Text:
    """Of texts, and texts with a style. Whatever they hold is shown as it is."""
    return Text.assemble(*((safe(part), "") if isinstance(part, str) else (safe(part[0]), part[1]) for part in parts))


def out() -> Console:
    return _console(stderr=False)


def errors() -> Console:
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    """Made anew each time, so that it writes to where stdout is now. rich itself knows NO_COLOR."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else PIPE_COLUMNS
    return Console(file=stream, markup=False, highlight=False, emoji=False, soft_wrap=True, width=width)


def table(*names: str, title: str = "") -> Table:
    made = Table(title=text(title) if title else None, title_justify="left")
    for name in names:
        made.add_column(text(line(name)))
    return made


def row(*cells: str) -> tuple[Text, ...]:
    return tuple(text(line(cell)) for cell in cells)


def as_json(value: Any) -> str:
    return _json.encode(value).decode()


def print_json(values: Iterable[Struct | dict[str, Any]]) -> None:
    """One object a line, ids and texts whole."""
    for value in values:
        sys.stdout.write(UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", as_json(value)) + "\n")
