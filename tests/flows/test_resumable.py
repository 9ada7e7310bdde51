"""Files in pieces, by tus 1.0: what has come is kept, whatever breaks in between, and ends in the same upload as a file sent at once."""

import base64
import hashlib
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from sqlalchemy import func, update

from backbone.catalog.schema import resumables
from tests.flows.pods import Rowmill, wait_for
from tests.flows.test_dead_letters import on_database

TUS = {"Tus-Resumable": "1.0.0"}
CONTENT = b"sku,name\n" + b"".join(b"%d,lamp %d\n" % (number, number) for number in range(400))


def begin(http: httpx.Client, size_bytes: int, headers: Mapping[str, str] | None = None, **options: str) -> httpx.Response:
    stated = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in options.items())
    return http.post("/api/resumable", headers={**TUS, "Upload-Length": str(size_bytes), "Upload-Metadata": stated, **(headers or {})})


def send(http: httpx.Client, url: str, offset: int, piece: bytes, **headers: str) -> httpx.Response:
    asked = {**TUS, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream", **headers}
    return http.patch(url, content=piece, headers=asked)


def offset_of(http: httpx.Client, url: str) -> int:
    answer = http.head(url, headers=TUS)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    return int(answer.headers["upload-offset"])


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["tus-resumable"] == "1.0.0"
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


def test_a_file_in_pieces_becomes_one_upload(rowmill: Rowmill) -> None:
    with rowmill.uploads as http:
        begun = begin(http, len(CONTENT), filename="lamps.csv", dataset="pieces", mode="upsert", key="sku", filetype="text/csv")
        assert (begun.status_code, begun.headers["tus-resumable"]) == (201, "1.0.0")
        url = begun.headers["location"]
        assert "upload-expires" in begun.headers
        for start in range(0, len(CONTENT), 1_500):
            assert offset_of(http, url) == start
            sent = send(http, url, start, CONTENT[start : start + 1_500])
            assert sent.status_code == 204, sent.text
            assert int(sent.headers["upload-offset"]) == min(start + 1_500, len(CONTENT))
        upload = http.get(sent.headers["content-location"]).json()
        assert (upload["file_name"], upload["mode"], upload["key"]) == ("lamps.csv", "upsert", ["sku"])
        assert upload["sha256"] == hashlib.sha256(CONTENT).hexdigest()
        assert http.get(url, headers=TUS).json()["upload"] == upload["id"]
        done = rowmill.wait(upload)
        assert (done["state"], done["rows"]) == ("COMPLETE", 400)
        assert http.get(f"/api/uploads/{upload['id']}/file").content == CONTENT
        assert problem(send(http, url, len(CONTENT), b"more"))[0] in (400, 409)


def test_a_broken_line_costs_nothing_that_has_come(rowmill: Rowmill) -> None:
    def breaking() -> Any:
        yield CONTENT[:1_000]
        raise ConnectionError("the train is in a tunnel")

    with rowmill.uploads as http:
        url = begin(http, len(CONTENT), filename="broken.csv", dataset="broken-line").headers["location"]
        with suppress(ConnectionError):
            send(http, url, 0, breaking())
        wait_for(lambda: offset_of(http, url) == 1_000, 20, "what has come is kept")
        assert problem(send(http, url, 0, CONTENT)) == (409, "wrong-offset")
        sent = send(http, url, 1_000, CONTENT[1_000:])
        assert rowmill.wait({"id": sent.headers["content-location"].rpartition("/")[2]})["rows"] == 400


def test_a_damaged_piece_is_not_taken(rowmill: Rowmill) -> None:
    with rowmill.uploads as http:
        url = begin(http, len(CONTENT), filename="damaged.csv", dataset="torn-pieces").headers["location"]
        right = base64.b64encode(hashlib.sha1(CONTENT).digest()).decode()
        assert problem(send(http, url, 0, CONTENT[:-1] + b"x", **{"Upload-Checksum": f"sha1 {right}"})) == (460, "checksum-mismatch")
        assert offset_of(http, url) == 0
        assert problem(send(http, url, 0, CONTENT, **{"Upload-Checksum": f"crc7 {right}"})) == (400, "bad-header")
        assert send(http, url, 0, CONTENT, **{"Upload-Checksum": f"sha1 {right}"}).status_code == 204


def test_a_file_that_is_given_up_is_gone(rowmill: Rowmill) -> None:
    with rowmill.uploads as http:
        url = begin(http, 100, filename="given-up.csv").headers["location"]
        send(http, url, 0, b"a,b\n")
        assert http.delete(url, headers=TUS).status_code == 204
        assert problem(http.get(url, headers=TUS)) == (404, "no-such-resumable")
        assert problem(send(http, url, 4, b"1,2\n")) == (404, "no-such-resumable")


def test_a_file_that_is_not_gone_on_with_in_time_has_to_be_begun_again(rowmill: Rowmill) -> None:
    with rowmill.uploads as http:
        begun = begin(http, 100, filename="expired.csv")
        url = begun.headers["location"]
        promised = parsedate_to_datetime(begun.headers["upload-expires"]) - datetime.now(UTC)
        assert timedelta(hours=23) < promised < timedelta(hours=25)
        send(http, url, 0, b"a,b\n")
        long_ago = update(resumables).where(resumables.c.id == url.rpartition("/")[2]).values(touched_at=func.now() - timedelta(hours=25))
        on_database(rowmill, lambda connection: connection.execute(long_ago))
        assert http.head(url, headers=TUS).status_code in (404, 410)  # the latter until it is cleared up
        assert problem(send(http, url, 4, b"1,2\n")) in ((410, "resumable-expired"), (404, "no-such-resumable"))


def test_what_cannot_be_loaded_is_refused_before_it_is_sent_or_tells_why(rowmill: Rowmill) -> None:
    with rowmill.uploads as http:
        assert problem(begin(http, 10, filename="a.csv", mode="sideways"))[0] == 400
        assert problem(begin(http, 10, filename="a.csv", colour="red"))[0] == 400
        assert problem(begin(http, 2**62, filename="a.csv"))[0] in (400, 413)
        assert problem(http.post("/api/resumable", headers={"Upload-Length": "10"})) == (412, "wrong-tus-version")
        assert problem(http.post("/api/resumable", headers=TUS)) == (400, "bad-header")
        empty = begin(http, 0, filename="empty.csv", dataset="nothing-in-it")
        assert problem(empty)[0] == 422
        url = begin(http, 20, filename="page.csv", dataset="no-csv").headers["location"]
        assert problem(send(http, url, 0, b"<html><body></body>\n" * 2)) == (400, "piece-too-long")
        url = begin(http, 20, filename="page.csv", dataset="no-csv").headers["location"]
        answer = send(http, url, 0, b"<html><body></body>\n")
        assert problem(answer)[0] == 415
        assert http.get(answer.json()["upload"]).json()["state"] == "FAILED"
        assert http.patch(url, headers={**TUS, "Upload-Offset": "0", "Content-Type": "text/csv"}).status_code in (409, 415)


def test_what_it_can_do_is_told(rowmill: Rowmill) -> None:
    with rowmill.uploads as http:
        told = http.options("/api/resumable")
        assert told.status_code == 204
        assert told.headers["tus-version"] == "1.0.0"
        assert set(told.headers["tus-extension"].split(",")) >= {"creation", "termination", "checksum", "expiration"}
        assert "sha1" in told.headers["tus-checksum-algorithm"]
