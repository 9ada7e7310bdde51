"""kill -9 at random moments: of one service, of the one process, of everything at once right after a 202."""

import random
import time
from pathlib import Path

import pytest

from tests.faults.homes import SMALL_CHUNKS, kill_postgres
from tests.faults.seeded import ANY_END, MODES, case, change_minds, dice
from tests.flows.pods import Rowmill, distributed, running, start_pod
from tests.stack import Stack

UPLOADS = 10


@pytest.mark.long
@pytest.mark.parametrize("times", [pytest.param(2), pytest.param(50, marks=pytest.mark.slow)])
def test_the_one_process_is_killed_at_random_moments(own_home: Path, times: int) -> None:
    """Every other time together with its PostgreSQL; of many times, every third while it starts. 2: 15 s, 50: 3 to 5 minutes."""
    random_ = dice(f"one process {times}")
    with (
        running("embedded", {"all": []}, {"ROWMILL_HOME": str(own_home), **SMALL_CHUNKS}) as rowmill,
        case("kill -9 of the one process", rowmill, rows_each=200) as load,
    ):
        for round_ in range(times):
            if round_ % 3 != 2:
                rowmill.pods["all"].wait_until_ready()
                for mode in MODES:
                    load.send(f"set-{round_ % 4}", f"round-{round_}-{mode}", mode)
            time.sleep(random_.uniform(0.0, 1.0))
            rowmill.pods["all"].kill()
            if random_.random() < 0.5:
                kill_postgres(own_home)
            load.result.times += 1
            start_again(rowmill)
        rowmill.pods["all"].wait_until_ready()
        load.check()


def start_again(rowmill: Rowmill) -> None:
    """Without waiting until it is ready."""
    dead = rowmill.pods["all"]
    rowmill.pods["all"] = start_pod("all", dead.services, rowmill.environment, dead.output.parent)


@pytest.mark.parametrize("times", [pytest.param(1), pytest.param(5, marks=pytest.mark.slow)])
def test_what_was_answered_202_survives_a_kill_of_everything(own_home: Path, times: int) -> None:
    """Once: 10 s, 5 times: 25 s."""
    starting = running("embedded", {"all": []}, {"ROWMILL_HOME": str(own_home), **SMALL_CHUNKS})
    with starting as rowmill, case("kill -9 of everything after a 202", rowmill) as load:
        for round_ in range(times):
            load.send("durable", f"round-{round_}").result(60)
            rowmill.pods["all"].kill()
            kill_postgres(own_home)
            load.result.times += 1
            rowmill.restart("all")
        load.check()


@pytest.mark.slow
def test_the_one_process_is_killed_while_minds_are_changed(own_home: Path) -> None:
    """A removal makes a new table and switches to it, an undo cleans up behind itself: none may be cut in half. 30 s."""
    random_ = dice("minds and kills")
    with (
        running("embedded", {"all": []}, {"ROWMILL_HOME": str(own_home), **SMALL_CHUNKS}) as rowmill,
        case("kill -9 amid cancel, remove and undo", rowmill, rows_each=200) as load,
    ):

        def perhaps_kill() -> None:
            if random_.random() < 0.3:
                rowmill.pods["all"].kill()
                rowmill.restart("all")

        change_minds(load, random_, ["set-0", "set-1"], 14, perhaps_kill)
        load.check(may_end=ANY_END)


@pytest.mark.stack
@pytest.mark.slow
@pytest.mark.parametrize("service", ["upload", "parser", "indexer", "query", "any"])
def test_a_service_is_killed_at_random_moments(stack: Stack, stack_database: str, service: str) -> None:
    """30 s each."""
    random_ = dice(f"service {service}")
    with distributed(stack, stack_database, **SMALL_CHUNKS) as rowmill, case(f"kill -9 of {service}", rowmill) as load:
        for number in range(UPLOADS):
            load.send(f"set-{number % 3}", f"upload-{number}", random_.choice(MODES))
        for _ in range(3):
            time.sleep(random_.uniform(0.1, 2.0))
            _kill_one(rowmill, service, random_)
            load.result.times += 1
        load.check()


def _kill_one(rowmill: Rowmill, service: str, random_: random.Random) -> None:
    name = random_.choice(sorted(rowmill.pods)) if service == "any" else service
    rowmill.pods[name].kill()
    rowmill.restart(name)


@pytest.mark.stack
@pytest.mark.slow
def test_pods_come_and_go(stack: Stack, stack_database: str) -> None:
    """SIGTERM of one of two parsers and indexers again and again: rebalances that neither lose nor double. 60 s."""
    random_ = dice("rebalance")
    pods = {"upload": ["upload"], "query": ["query"], **{f"{name}-{n}": [name] for name in ("parser", "indexer") for n in (1, 2)}}
    with distributed(stack, stack_database, pods, **SMALL_CHUNKS) as rowmill, case("SIGTERM of one of two pods", rowmill) as load:
        for round_ in range(4):
            for number in range(3):
                load.send(f"set-{number}", f"round-{round_}-{number}", random_.choice(MODES))
            time.sleep(random_.uniform(0.1, 2.0))
            name = random_.choice([name for name in pods if name[-1].isdigit()])
            rowmill.pods[name].stop()
            load.result.times += 1
            rowmill.restart(name)
        uploads = load.check()
    assert all(upload["error"] is None for upload in uploads.values())
