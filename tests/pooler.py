"""A PgBouncer in transaction mode before a PostgreSQL, where one is installed that is new enough."""

import asyncio
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.engine import make_url

OLDEST = (1, 21)  # prepares statements anew on whichever connection to the server comes next
ACCOUNT = "nobody"  # it refuses to run as root
START_S = 20.0


def pgbouncer_or_skip() -> str:
    """The program; where it is not in the PATH, `ROWMILL_TEST_PGBOUNCER` names it."""
    program = os.environ.get("ROWMILL_TEST_PGBOUNCER") or shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        pytest.skip("PgBouncer is not installed")
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"PgBouncer (\d+)\.(\d+)", told)
    assert version is not None, told
    if tuple(map(int, version.groups())) < OLDEST:
        pytest.skip(f"{version[0]} has no prepared statements in transaction mode; 1.21 has")
    return program


@dataclass
class Pooler:
    """`url`: of the same database, through it."""

    url: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        self.process.kill()  # SIGTERM waits for all clients
        self.process.wait(START_S)


@contextmanager
def pooled(postgres_url: str, port: int, connections: int) -> Iterator[Pooler]:
    """`connections`: that it has to the server, whoever asks."""
    url = make_url(postgres_url)
    with tempfile.TemporaryDirectory(prefix="rowmill-pgbouncer-") as folder:
        configuration = Path(folder) / "pgbouncer.ini"
        configuration.write_text(
            f"[databases]\n{url.database} = host={url.host} port={url.port} user={url.username} password={url.password}\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\n"
            f"max_prepared_statements = 200\nmax_client_conn = 500\ndefault_pool_size = {connections}\n"
        )
        Path(folder).chmod(0o755)
        as_account = ["-u", ACCOUNT] if os.geteuid() == 0 else []
        process = subprocess.Popen([pgbouncer_or_skip(), "-q", *as_account, str(configuration)])
        pooler = Pooler(url.set(host="127.0.0.1", port=port).render_as_string(hide_password=False), process)
        try:
            asyncio.run(_wait_until_it_answers(pooler.url))
            yield pooler
        finally:
            pooler.stop()


async def _wait_until_it_answers(url: str) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            await (await asyncpg.connect(url)).close()
            return
        except (OSError, asyncpg.PostgresError):
            assert time.monotonic() < deadline, "PgBouncer does not answer"
