"""Texts that a spreadsheet would take for a formula, and how they are kept from it: an apostrophe before what begins one. Pure.

As OWASP lists them: `=`, `+`, `-`, `@`, their full-width forms, also behind blanks, at the beginning of a cell or behind a separator, a quote
or a line's end inside it, where a spreadsheet of another country might begin a cell; and a tab, CR or LF at the very beginning.
The same expressions are read by PostgreSQL (`backbone.rows.export_sql`).
"""

import re
from typing import Final

BEGINS_FORMULA: Final = "(^|[,;|\"'\\t\\r\\n])([ \\t\\r\\n\\u00a0\\u3000]*[-=+@\\uff1d\\uff0b\\uff0d\\uff20])"
BEGINS_WITH_CONTROL: Final = "^[\\t\\r\\n]"
_FORMULA: Final = re.compile(BEGINS_FORMULA)
_CONTROL: Final = re.compile(BEGINS_WITH_CONTROL)


def without_formulas(text: str) -> str:
    guarded = _FORMULA.sub(r"\1'\2", text)
    return f"'{guarded}" if _CONTROL.match(guarded) else guarded
