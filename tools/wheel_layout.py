"""Lays out the wheel: `backbone/` and `services/` go into it as `rowmill_server.backbone` and `rowmill_server.services`, and beside them
the web page as `make web` built it (without one, the server says how it is built).

Top-level packages of such common names would overwrite those of other projects. Hatchling calls the hook; an editable install has the
folders as they stand.
"""

import re
import shutil
import tempfile
from pathlib import Path
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SERVER: Final = "rowmill_server"
MOVED: Final = ("backbone", "services")
PAGE: Final = Path("web", "dist")
DOCSTRING: Final = (
    '"""The server of Rowmill: its services, and the backbone they stand on. Not imported by programs; `rowmill` is the client."""\n'
)
_NAMES: Final = "|".join(MOVED)
RULES: Final = (
    (re.compile(rf"^(\s*)from ({_NAMES})(?=[. ])", re.MULTILINE), rf"\1from {SERVER}.\2"),
    (re.compile(rf"^(\s*)import ({_NAMES})$", re.MULTILINE), rf"\1from {SERVER} import \2"),
    (re.compile(rf"""(?<=["'])({_NAMES})(?=(?:\.\w+)+(?::\w+)?["'])"""), rf"{SERVER}.\1"),  # the name of a module, as a whole text
)


class WheelLayout(BuildHookInterface[Any]):
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        self._staged = Path(tempfile.mkdtemp())
        _stage(root / "rowmill", self._staged / "rowmill")
        for name in MOVED:
            _stage(root / name, self._staged / SERVER / name)
        if (root / PAGE).is_dir():
            shutil.copytree(root / PAGE, self._staged / SERVER / PAGE)
        (self._staged / SERVER / "__init__.py").write_text(DOCSTRING)
        build_data["force_include"] |= {
            str(self._staged / "rowmill"): "rowmill",
            str(self._staged / SERVER): SERVER,
        }

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version != "editable":
            shutil.rmtree(self._staged)


def moved(source: str) -> str:
    """A module's text with the names that its imports have in the wheel."""
    for pattern, replacement in RULES:
        source = pattern.sub(replacement, source)
    return source


def _stage(folder: Path, target: Path) -> None:
    shutil.copytree(folder, target, ignore=shutil.ignore_patterns("__pycache__"))
    for module in target.rglob("*.py"):
        module.write_text(moved(module.read_text()))
