"""Uploads that nobody sends or receives any more are found and FAILED; their files, and those that no upload needs, are removed."""

from pathlib import Path

import httpx
import pytest

from tests.flows.clients import only_upload, sending
from tests.flows.pods import Rowmill, embedded, running, wait_for

SHORT = {"ROWMILL_RECEIVE_SILENCE_S": "1", "ROWMILL_RECEIVING_LOST_S": "2"}
HALF = b"n\n" + b"1\n" * 700_000


def stored(home: Path) -> list[Path]:
    files = home / "files"
    return [path for folder in ("uploads", ".rowmill/incoming") for path in (files / folder).rglob("*") if path.is_file()]


def ended(url: str, dataset: str) -> bool:
    return only_upload(url, dataset).get("state") == "FAILED"


@pytest.mark.long
def test_a_client_that_falls_silent_is_given_up() -> None:
    with embedded(**SHORT) as rowmill:
        url = rowmill.pods["all"].url
        with sending(url, len(HALF) * 2, dataset="silent") as connection:
            connection.sendall(HALF)
            wait_for(lambda: ended(url, "silent"), 20, "the silent upload is FAILED")
            told = connection.recv(4096)
        assert told.startswith(b"HTTP/1.1 422") and b"body-cut-off" in told
        wait_for(lambda: not stored(Path(rowmill.environment["ROWMILL_HOME"])), 10, "what it stored is removed")


@pytest.mark.long
def test_an_upload_whose_pod_was_killed_is_found_and_failed(tmp_path: Path) -> None:
    environment = {"ROWMILL_HOME": str(tmp_path), **SHORT}
    with running("embedded", {"all": []}, environment) as rowmill:
        url = rowmill.pods["all"].url
        with sending(url, len(HALF) * 2, dataset="lost") as connection:
            connection.sendall(HALF)
            wait_for(lambda: only_upload(url, "lost").get("state") == "RECEIVING", 20, "the upload has begun")
            rowmill.pods["all"].kill()
    with running("embedded", {"all": []}, environment) as rowmill:
        url = rowmill.pods["all"].url
        wait_for(lambda: ended(url, "lost"), 20, "the lost upload is FAILED")
        error = only_upload(url, "lost")["error"]
        assert isinstance(error, dict) and error["type"] == "receiver-lost" and "send the file again" in error["detail"]
        assert rowmill.load(b"n\n1\n", dataset="lost")["rows"] == 1


def test_a_cancelled_upload_stops_receiving(rowmill: Rowmill) -> None:
    url = (rowmill.pods.get("upload") or rowmill.pods["all"]).url
    with sending(url, len(HALF) * 1000, dataset="unwanted") as connection:
        connection.sendall(HALF)
        wait_for(lambda: only_upload(url, "unwanted").get("state") == "RECEIVING", 20, "the upload has begun")
        httpx.post(f"{url}/api/uploads/{only_upload(url, 'unwanted')['id']}/cancel").raise_for_status()
        connection.setblocking(False)

        def refused() -> bool:
            try:
                connection.send(HALF[:65536])
            except BlockingIOError:
                return False
            except OSError:
                return True
            try:
                return b"upload-ended" in connection.recv(65536)
            except BlockingIOError:
                return False

        wait_for(refused, 20, "the pod stops taking bytes")
    assert only_upload(url, "unwanted")["state"] == "CANCELLED"


@pytest.mark.parametrize("length", ["too long", "too short"])
def test_a_client_that_lies_about_its_length_leaves_nothing(rowmill: Rowmill, length: str) -> None:
    """What follows a body is the next request: a length too short cuts the file, and the cut record is loaded as it came."""
    url = (rowmill.pods.get("upload") or rowmill.pods["all"]).url
    body, dataset = b"n,m\n1,2\n3,4\n", f"liar-{length.replace(' ', '-')}"
    with sending(url, len(body) + (5 if length == "too long" else -3), dataset=dataset) as connection:
        connection.sendall(body)
        connection.shutdown(1)
        told = connection.recv(65536)
    if length == "too short":
        assert told.startswith(b"HTTP/1.1 202")
        done = rowmill.wait(only_upload(url, dataset))
        assert (done["state"], done["records"], done["rows"]) == ("COMPLETE", 2, 2)
        return
    wait_for(lambda: ended(url, dataset), 20, "the upload is FAILED")
    error = only_upload(url, dataset)["error"]
    assert isinstance(error, dict) and error["type"] == "body-cut-off"
