"""SIGTERM: what is in hand is finished or released within the time that a setting says, and nothing is lost by it."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.flows.clients import only_upload, sending
from tests.flows.pods import STOP_TIMEOUT_S, free_port, running, wait_for
from tests.no_tls import NO_TLS

SHUTDOWN_S = 2.0
WITHIN_S = SHUTDOWN_S + 16.0  # PostgreSQL writes what it has, to a disk that others use; less than the default of 20 s
FILE = b"n,text\n" + b"".join(b'%d,"line\n%d"\n' % (number, number) for number in range(20_000))


@pytest.mark.long
def test_a_load_is_released_and_goes_on_after_the_restart(tmp_path: Path) -> None:
    """With a pace that keeps a chunk in hand for far longer than a shutdown may take."""
    environment = {"ROWMILL_HOME": str(tmp_path), "ROWMILL_CHUNK_BYTES": "65536", "ROWMILL_SHUTDOWN_S": str(SHUTDOWN_S)}
    with running("embedded", {"all": []}, {**environment, "ROWMILL_PARSER_ROWS_PER_S": "100"}) as rowmill:
        upload = rowmill.upload(FILE, dataset="paced")
        url = rowmill.pods["all"].url
        wait_for(
            lambda: httpx.get(f"{url}/api/uploads/{upload['id']}", verify=NO_TLS).json()["chunks"]["loaded"] > 0, 30, "a chunk is loaded"
        )
        asked_at = time.monotonic()
        rowmill.pods["all"].process.terminate()
        assert rowmill.pods["all"].process.wait(STOP_TIMEOUT_S) == 0
        assert time.monotonic() - asked_at < WITHIN_S
    with running("embedded", {"all": []}, environment) as rowmill:
        done = rowmill.wait(upload)
        assert (done["state"], done["rows"], done["indexed"]) == ("COMPLETE", 20_000, 20_000)


def test_a_file_that_comes_in_too_slowly_is_failed_and_the_process_ends(tmp_path: Path) -> None:
    environment = {"ROWMILL_HOME": str(tmp_path), "ROWMILL_SHUTDOWN_S": str(SHUTDOWN_S)}
    with running("embedded", {"all": []}, environment) as rowmill:
        url = rowmill.pods["all"].url
        with sending(url, 1000, dataset="slow") as connection:
            connection.sendall(FILE[:100])
            wait_for(lambda: only_upload(url, "slow").get("state") == "RECEIVING", 20, "the upload has begun")
            asked_at = time.monotonic()
            rowmill.pods["all"].process.terminate()
            assert rowmill.pods["all"].process.wait(STOP_TIMEOUT_S) == 0
            assert time.monotonic() - asked_at < WITHIN_S
    with running("embedded", {"all": []}, environment) as rowmill:
        found = only_upload(rowmill.pods["all"].url, "slow")
        error = found["error"]
        assert found["state"] == "FAILED" and isinstance(error, dict) and error["type"] == "shutting-down"


def test_a_process_that_waits_for_postgresql_at_its_start_ends_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        environment = {
            **os.environ,
            "ROWMILL_HOME": str(tmp_path),
            "ROWMILL_HTTP_PORT": str(free_port()),
            "ROWMILL_POSTGRES_URL": f"postgresql://rowmill:secret@127.0.0.1:{mute.getsockname()[1]}/rowmill",
        }
        with subprocess.Popen([sys.executable, "-m", "services", "parser"], env=environment) as process:
            connection, _ = mute.accept()
            with connection:
                process.send_signal(signal.SIGTERM)
                assert process.wait(WITHIN_S) == 0
