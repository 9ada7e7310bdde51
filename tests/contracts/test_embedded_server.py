"""The PostgreSQL of a home belongs to that home: a copy has its own, it ends with whoever uses it, and it comes back when it dies."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from backbone.errors import BadRequest, Unavailable
from backbone.postgres.embedded.home import Home, is_free
from backbone.postgres.embedded.leftovers import processes_of
from backbone.postgres.embedded.server import leave_embedded, start_embedded, watch_embedded
from tests.flows.pods import wait_for

HOLD = """
import sys; from pathlib import Path
from backbone.postgres.embedded.server import start_embedded
start_embedded(Path(sys.argv[1])); print("held", flush=True); sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    home = tmp_path / "home"
    yield home
    leave_embedded(home)
    wait_for(lambda: is_free(Home(home).lock), 30, "the keeper has ended")


def run(url: str, *statements: str) -> object:
    async def run() -> object:
        connection = await asyncpg.connect(url)
        try:
            return [await connection.fetchval(statement) for statement in statements][-1]
        finally:
            await connection.close()

    return asyncio.run(run())


def server_of(home: Path) -> psutil.Process:
    number = Home(home).state()["server"]
    assert isinstance(number, int)
    return psutil.Process(number)


def holder(home: Path) -> "subprocess.Popen[bytes]":
    """Another process that uses the home's server."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline() == b"held\n"
    return process


@pytest.mark.parametrize("is_running", [True, False])
def test_a_copied_home_has_a_server_of_its_own(folder: Path, is_running: bool) -> None:
    """Copied with everything in it, the socket and the number of the original's process among it, which is alive."""
    url = start_embedded(folder)
    run(url, "CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)", "CHECKPOINT")
    if not is_running:
        leave_embedded(folder)
    copy = folder.with_name("copy")
    subprocess.run(["cp", "-a", str(folder), str(copy)], check=True)
    url = start_embedded(folder)
    try:
        copied = start_embedded(copy)
        assert server_of(copy).pid != server_of(folder).pid
        run(copied, "DELETE FROM t")
        assert (run(copied, "SELECT count(*) FROM t"), run(url, "SELECT count(*) FROM t")) == (0, 1)
    finally:
        leave_embedded(copy)
    assert run(url, "SELECT count(*) FROM t") == 1


def test_processes_of_a_home_share_a_server_and_the_last_one_ends_it(folder: Path) -> None:
    first, second = holder(folder), holder(folder)
    server = server_of(folder)
    first.communicate()
    assert server.is_running()
    second.communicate()
    assert not server.is_running() and is_free(Home(folder).lock)


def test_killed_users_take_the_server_along(folder: Path) -> None:
    process = holder(folder)
    server = server_of(folder)
    process.kill()
    process.communicate()
    wait_for(lambda: not server.is_running(), 20, "PostgreSQL has ended")


def test_a_killed_keeper_takes_the_server_along_and_another_one_takes_its_place(folder: Path) -> None:
    async def watched() -> None:
        watching = asyncio.create_task(watch_embedded(folder))
        await asyncio.to_thread(
            wait_for, lambda: Home(folder).state().get("server") not in (None, before.pid), 30, "another server is there"
        )
        watching.cancel()

    url = start_embedded(folder)
    run(url, "CREATE TABLE t (a int)")
    before, keeper = server_of(folder), Home(folder).state()["keeper"]
    assert isinstance(keeper, int)
    os.kill(keeper, signal.SIGKILL)
    wait_for(lambda: not before.is_running(), 20, "PostgreSQL has ended")
    asyncio.run(watched())
    assert run(url, "SELECT count(*) FROM t") == 0


def test_a_killed_server_is_started_again(folder: Path) -> None:
    url = start_embedded(folder)
    run(url, "CREATE TABLE t (a int)")
    before = server_of(folder)
    before.kill()
    wait_for(lambda: Home(folder).state().get("server") not in (None, before.pid), 30, "another server is there")
    assert run(url, "SELECT count(*) FROM t") == 0


@pytest.mark.parametrize("content", ["", "garbage\n", "{pid}\n/somewhere\n1795766477\n5432\n/tmp\n\n 1 2\nready\n"])
def test_a_stale_pid_file_is_mended(folder: Path, content: str) -> None:
    """Of a machine that lost its power: empty, or with the number of what is another process by now."""
    start_embedded(folder)
    leave_embedded(folder)
    stale = content.format(pid=os.getpid())
    for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
        (Home(folder).data / name).write_text(stale)
    url = start_embedded(folder)
    assert run(url, "SELECT 1") == 1


def test_a_server_without_a_keeper_is_ended_first(folder: Path) -> None:
    """As an older Rowmill left one behind."""
    start_embedded(folder)
    leave_embedded(folder)
    options: dict[str, object] = {}
    owner = Home(folder).data.stat()
    if os.geteuid() == 0:
        options = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
    descriptor = os.open(Home(folder).data, os.O_RDONLY)
    seen = f"/proc/self/fd/{descriptor}" if options else str(Home(folder).data)
    program = postgres_program()
    command = [program, "-D", seen, "-k", seen, "-c", "listen_addresses="]
    stray = subprocess.Popen(command, pass_fds=(descriptor,), cwd="/", stderr=subprocess.DEVNULL, **options)  # type: ignore[call-overload]
    os.close(descriptor)
    try:
        wait_for(lambda: processes_of(Home(folder).data, "-"), 20, "it stands in the folder")
        assert run(start_embedded(folder), "SELECT 1") == 1
        assert stray.wait(20) is not None
    finally:
        stray.kill()


def postgres_program() -> str:
    from backbone.postgres.embedded.server import _programs

    return str(_programs() / "postgres")


def test_nothing_of_a_home_is_open_to_others_and_nothing_above_it_is_changed(folder: Path) -> None:
    above = folder.parent
    above.chmod(0o700)
    start_embedded(folder)
    assert above.stat().st_mode & 0o777 == 0o700
    assert {path.name: oct(path.stat().st_mode & 0o077) for path in (folder, *folder.iterdir())} == {
        "home": "0o0",
        "postgres": "0o0",
        "keeper": "0o0",
    }
    if os.geteuid() == 0:
        assert server_of(folder).uids().real == Home(folder).data.stat().st_uid != 0


def test_a_long_path_has_its_socket_elsewhere(tmp_path: Path) -> None:
    home = tmp_path / ("x" * 100) / "home"
    try:
        assert run(start_embedded(home), "SELECT 1") == 1
        assert Home(home).socket.stat().st_mode & 0o777 == 0o700
    finally:
        leave_embedded(home)
    shutil.rmtree(Home(home).socket)


def spoil_with_a_file(folder: Path) -> None:
    folder.write_text("not a folder")


def spoil_with_other_data(folder: Path) -> None:
    (folder / "postgres").mkdir(parents=True)
    (folder / "postgres" / "letter.txt").write_text("not PostgreSQL's")


def spoil_with_another_version(folder: Path) -> None:
    (folder / "postgres").mkdir(parents=True)
    (folder / "postgres" / "PG_VERSION").write_text("16\n")


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (spoil_with_a_file, "ROWMILL_HOME=.* cannot be used"),
        (spoil_with_other_data, "Move it away"),
        (spoil_with_another_version, "of PostgreSQL 16"),
    ],
)
def test_what_is_no_home_is_one_sentence(tmp_path: Path, spoil: Callable[[Path], None], sentence: str) -> None:
    spoil(tmp_path / "home")
    with pytest.raises((BadRequest, Unavailable), match=sentence):
        start_embedded(tmp_path / "home")
