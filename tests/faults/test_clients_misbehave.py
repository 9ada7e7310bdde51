"""Clients that are slow, stop short, all come at once, or change their minds."""

import secrets
import time

import httpx
import pytest

from tests.faults.seeded import ANY_END, case, change_minds, dice
from tests.flows.clients import only_upload, sending
from tests.flows.pods import Rowmill, wait_for

FILE = b"n,text\n1,one\n2,two\n"


def url_of(rowmill: Rowmill) -> str:
    return (rowmill.pods.get("upload") or rowmill.pods["all"]).url


def test_a_client_that_sends_a_byte_at_a_time_is_served(unharmed: Rowmill) -> None:
    dataset = f"slow-{secrets.token_hex(4)}"
    with sending(url_of(unharmed), len(FILE), dataset=dataset) as connection:
        for place in range(len(FILE)):
            connection.sendall(FILE[place : place + 1])
            time.sleep(0.05)  # the fault itself
        assert connection.recv(64).startswith(b"HTTP/1.1 202")
    assert unharmed.wait(only_upload(url_of(unharmed), dataset))["rows"] == 2


def test_a_client_that_stops_at_99_percent_leaves_nothing(unharmed: Rowmill) -> None:
    dataset, content = f"short-{secrets.token_hex(4)}", FILE * 100_000
    with sending(url_of(unharmed), len(content), dataset=dataset) as connection:
        connection.sendall(content[: len(content) * 99 // 100])
    wait_for(lambda: only_upload(url_of(unharmed), dataset).get("state") == "FAILED", 30, "the upload is FAILED")
    with unharmed.readers as http:
        assert http.get(f"/api/datasets/{dataset}").status_code == 404


@pytest.mark.slow
def test_fifty_uploads_at_once_into_twenty_datasets(unharmed: Rowmill) -> None:
    """8 s, distributed 20 s."""
    random_ = dice("fifty")
    with case("50 uploads at once into 20 datasets", unharmed, rows_each=200) as load:
        load.result.times = 1
        name = secrets.token_hex(3)
        for number in random_.sample(range(50), 50):
            load.send(f"many-{name}-{number % 20}", f"{name}-{number}")
        load.check()


def test_cancel_remove_and_undo_at_random_moments(unharmed: Rowmill) -> None:
    with case("cancel, remove and undo at random moments", unharmed, rows_each=1000) as load:
        names = [f"minds-{secrets.token_hex(3)}" for _ in range(2)]
        change_minds(load, dice("minds"), names, 12)
        for name in names:
            load.send(name, "last")
        load.check(may_end=ANY_END)


@pytest.mark.slow
def test_a_client_that_hangs_up_at_random_moments_and_sends_again(unharmed: Rowmill) -> None:
    """What a broken network does to a patient client: the key makes it one upload."""
    random_ = dice("hang up")
    with case("client hangs up and sends again", unharmed) as load:
        for number in range(10):
            name, dataset = f"{secrets.token_hex(4)}-{number}", "hang-up"
            with sending(url_of(unharmed), 10_000_000, {"Idempotency-Key": name}, dataset=dataset) as connection:
                connection.sendall(FILE * random_.randint(1, 50_000))
            load.result.times += 1
            load.send(dataset, name)
        load.check()
        assert httpx.get(f"{url_of(unharmed)}/health/ready").is_success
