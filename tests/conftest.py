"""Fixtures shared by all tests: the real servers (or an honest skip), a database of either home, and one running Rowmill per home for all
flows and attacks; each of those tests uses datasets of its own name."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest
from hypothesis import settings
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.postgres.engine import make_engine
from backbone.runtime.principal import EVERYBODY, set_asking
from tests.databases import database, migrated_template, own_postgres
from tests.flows.pods import Rowmill, distributed, embedded
from tests.selection import CASES, DRAW, selected
from tests.stack import Stack, are_there_servers, find_stack

NO_STACK = "the distributed half needs the real servers: set STACK_* or start a Docker engine"


LONGEST_FIRST = ("test_versions_agree_with_the_model", "test_the_api_does_as_its_description_says")


def pytest_configure(config: pytest.Config) -> None:
    """For the processes that share the work, too: they are told of every file by name."""
    settings.register_profile("rowmill", deadline=None)  # an example takes as long as the machine is busy with other things
    settings.load_profile("rowmill")
    are_named = config.args_source is not pytest.Config.ArgsSource.TESTPATHS or config.option.keyword
    os.environ.setdefault(CASES, "all" if are_named else "some")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The cases that are asked for; sorted so that with several processes none is left alone in the end with a minute's work."""
    if os.environ[CASES] != "all":
        kept = selected(items, os.environ[CASES], os.environ.get(DRAW, ""), has_servers=are_there_servers())
        chosen = {*map(id, kept)}
        config.hook.pytest_deselected(items=[item for item in items if id(item) not in chosen])
        items[:] = kept
    items.sort(key=lambda item: item.name.split("[")[0] not in LONGEST_FIRST)


@pytest.fixture(autouse=True)
def asked_by_everybody() -> None:
    """Whoever asked in a test before is forgotten: tests share a context."""
    set_asking(EVERYBODY)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for a half that did not run, not one per test."""
    left_out = sum(NO_STACK in str(report.longrepr) for report in terminalreporter.stats.get("skipped", []))
    if left_out:
        terminalreporter.write_line(f"{left_out} tests skipped: {NO_STACK}")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with find_stack() as found:
        if found is None:
            if os.environ.get("ROWMILL_TEST_REQUIRE_STACK") == "1":
                pytest.fail(f"ROWMILL_TEST_REQUIRE_STACK=1, but {NO_STACK}")
            pytest.skip(NO_STACK)
        yield found


@pytest.fixture(scope="session")
def embedded_url() -> Iterator[str]:
    """The embedded PostgreSQL, started once for all tests of a process; each test has its own database in it."""
    with own_postgres() as url:
        yield url


@pytest.fixture(scope="session")
def embedded_template(embedded_url: str) -> Iterator[str]:
    with migrated_template(embedded_url) as name:
        yield name


@pytest.fixture(scope="session")
def distributed_template(stack: Stack) -> Iterator[str]:
    with migrated_template(stack.postgres) as name:
        yield name


@pytest.fixture(params=[pytest.param("embedded"), pytest.param("distributed", marks=pytest.mark.stack)])
def home(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def postgres_server(home: str, request: pytest.FixtureRequest) -> str:
    """The URL of the home's PostgreSQL."""
    if home == "embedded":
        return str(request.getfixturevalue("embedded_url"))
    return str(request.getfixturevalue("stack").postgres)


@pytest.fixture
def empty_database(postgres_server: str) -> Iterator[str]:
    """The URL of a database without a table, dropped afterwards."""
    with database(postgres_server) as url:
        yield url


@pytest.fixture
def postgres_url(home: str, postgres_server: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a migrated database without a row, dropped afterwards."""
    with database(postgres_server, request.getfixturevalue(f"{home}_template")) as url:
        yield url


@pytest.fixture
async def engine(postgres_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine on a migrated database without a row."""
    engine = make_engine(postgres_url, connections_max=5)
    yield engine
    await engine.dispose()


@pytest.fixture
def stack_database(stack: Stack) -> Iterator[str]:
    """An empty database on the real PostgreSQL. One per running Rowmill: two on one database would share their outbox."""
    with database(stack.postgres) as url:
        yield url


@pytest.fixture(scope="session")
def embedded_rowmill() -> Iterator[Rowmill]:
    with embedded() as rowmill:
        yield rowmill


@pytest.fixture(scope="session")
def distributed_rowmill(request: pytest.FixtureRequest) -> Iterator[Rowmill]:
    stack = request.getfixturevalue("stack")
    with database(stack.postgres) as url, distributed(stack, url) as rowmill:
        yield rowmill


@pytest.fixture(params=[pytest.param("embedded"), pytest.param("distributed", marks=pytest.mark.stack)])
def rowmill(request: pytest.FixtureRequest) -> Rowmill:
    found = request.getfixturevalue(f"{request.param}_rowmill")
    assert isinstance(found, Rowmill)
    return found
