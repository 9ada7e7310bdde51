"""The page of upload options: `python -m services.describe_options > docs/options.md`. A test says when that is out of date."""

import sys
from collections.abc import Iterator
from typing import Any, Final

from services.upload.api.describe import option_schemas

BEGINNING: Final = """\
# What an upload may say

Everything about the file is found out, and what was found is shown with the upload. Each can be said instead: in the URL, as a form field
before the file, with `--option NAME=VALUE`, or as a keyword of the Python client. A value that an option cannot have is refused with the
choices. This page is made by `python -m services.describe_options`.

| option | values | default | what |
| --- | --- | --- | --- |
"""


def describe_options() -> str:
    return BEGINNING + "".join(_lines())


def _lines() -> Iterator[str]:
    for name, option in option_schemas().items():
        default = option.get("default", "")
        default = str(default).lower() if isinstance(default, bool) else str(default)
        yield f"| `{name}` | {_values(option)} | {f'`{default}`' if default else ''} | {option['description']} |\n"


def _values(option: dict[str, Any]) -> str:
    if "enum" in option:
        return ", ".join(f"`{value}`" for value in option["enum"])
    if option["type"] == "boolean":
        return "`true`, `false`"
    examples = ", ".join(f"`{example}`" for example in option.get("examples", [])).replace("|", "\\|")
    bounds = f"{option['minimum']} to {option['maximum']}" if "minimum" in option else ""
    return bounds or (f"such as {examples}" if examples else "a text")


if __name__ == "__main__":
    sys.stdout.write(describe_options())
