"""Writes what in the client follows from elsewhere: `client.py` from `async_client.py`, `options.py` from the API's own upload options.

`python -m tools.generate_client` (`make client`) writes both; a test fails when what is committed is not what this gives.
"""

import subprocess
import sys
import tempfile
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

from unasync import Rule, unasync_files  # type: ignore[import-untyped]

from services.upload.options import UploadOptions

ROWMILL: Final = Path(__file__).parents[1] / "rowmill"
SYNC_NAMES: Final = {
    "AsyncClient": "Client",
    "AsyncEditMethods": "EditMethods",
    "async_edits": "sync_edits",
    "AsyncEnrichmentMethods": "EnrichmentMethods",
    "async_enrichments": "sync_enrichments",
    "AsyncScanMethods": "ScanMethods",
    "async_scans": "sync_scans",
    "AsyncSourceMethods": "SourceMethods",
    "async_sources": "sync_sources",
    "aclose": "close",
    "aread": "read",
    "aiter_bytes": "iter_bytes",
    "asleep": "sleep",
    "ablocks": "blocks",
}
OF_SYNC: Final = (
    '''"""The client for programs without an event loop. Generated from `async_client.py` by `make client`: change that one."""'''
)
OF_EDITS: Final = '"""What the client does with single rows. Generated from `async_edits.py` by `make client`: change that one."""'
OF_SCANS: Final = '"""A dataset as a lazy frame. Generated from `async_scans.py` by `make client`: change that one."""'
OF_SOURCES: Final = (
    '"""What the client does with sources and webhooks. Generated from `async_sources.py` by `make client`: change that one."""'
)
OF_ENRICHMENTS: Final = (
    '"""What the client does with enrichments. Generated from `async_enrichments.py` by `make client`: change that one."""'
)
ALSO: Final = {"key": "Sequence[str]", "max_rejects": "int"}  # what Python says more naturally than a text with commas or digits


def generate() -> Mapping[str, str]:
    """Texts by file name in `rowmill/`."""
    return {
        "client.py": _client("async_client.py", OF_SYNC),
        "sync_edits.py": _client("async_edits.py", OF_EDITS),
        "sync_enrichments.py": _client("async_enrichments.py", OF_ENRICHMENTS),
        "sync_scans.py": _client("async_scans.py", OF_SCANS),
        "sync_sources.py": _client("async_sources.py", OF_SOURCES),
        "options.py": _options(),
    }


def _client(name: str, its_docstring: str) -> str:
    source = ROWMILL / name
    with tempfile.TemporaryDirectory() as folder:
        unasync_files([str(source)], [Rule(str(source.parent), folder, additional_replacements=SYNC_NAMES)])
        text = (Path(folder) / source.name).read_text()
    _, _, body = text.partition('"""\n')
    return _tidy(f"{its_docstring}\n{body}")


def _options() -> str:
    hints = typing.get_type_hints(UploadOptions)
    annotations = typing.get_type_hints(UploadOptions, include_extras=True)
    members = "".join(f"    {name}: {_type(name, hint)}\n" for name, hint in hints.items())
    sentences = "".join(f"    {name!r}: {hint.__metadata__[0].description!r},\n" for name, hint in annotations.items())
    return _tidy(
        '"""What an upload may say. Generated from the API\'s own options by `make client`: change those in `services/upload`."""\n\n'
        "from collections.abc import Mapping, Sequence\nfrom typing import Final, Literal, TypedDict\n\n\n"
        "class UploadOptions(TypedDict, total=False):\n"
        f'    """What an upload may say; docs/options.md explains each. All of it is found out when not said."""\n\n{members}\n\n'
        f"OPTIONS: Final[Mapping[str, str]] = {{\n{sentences}}}\n"
    )


def _type(name: str, hint: Any) -> str:
    """As source; None goes, for an option that is not said is left out."""
    is_union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    members = [member for member in (typing.get_args(hint) if is_union else (hint,)) if member is not type(None)]
    names = [_literal(member) if typing.get_origin(member) is Literal else member.__name__ for member in members]
    return " | ".join([*names, *([ALSO[name]] if name in ALSO else [])])


def _literal(hint: Any) -> str:
    return f"Literal[{', '.join(repr(value) for value in typing.get_args(hint))}]"


def _tidy(source: str) -> str:
    """Imports in order, loops as `yield from`, formatted."""
    fixed = _ruff(source, "check", "--fix-only", "--unsafe-fixes", "--select", "I,UP028,F401")
    return _ruff(fixed, "format")


def _ruff(source: str, *arguments: str) -> str:
    command = [sys.executable, "-m", "ruff", *arguments, "--quiet", "--stdin-filename", str(ROWMILL / "generated.py")]
    return subprocess.run(command, input=source, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    for name, text in generate().items():
        (ROWMILL / name).write_text(text)
