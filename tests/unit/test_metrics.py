"""The catalogue of metrics says what the code has, and requests are counted by what they were answered."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from litestar import get
from litestar.params import FromPath
from litestar.testing import TestClient
from prometheus_client import REGISTRY

from backbone.errors import BadRequest, Unavailable
from backbone.http.app import build_app
from backbone.http.metrics import Measuring
from backbone.metrics import SERVER_UP, UPLOADS, Reading
from backbone.service import Service
from tools.list_metrics import catalogue, list_metrics, registered

DOCS = Path(__file__).parents[2] / "docs" / "metrics.md"


def test_the_catalogue_is_current() -> None:
    assert DOCS.read_text() == list_metrics(), "`python -m tools.list_metrics > docs/metrics.md` writes it"


def test_no_metric_is_left_out_of_the_catalogue() -> None:
    assert registered() == {name for name, *_ in catalogue()}


def test_every_metric_says_what_it_tells() -> None:
    assert [name for name, _, _, meaning in catalogue() if len(meaning) < 10] == []


@get("/asked/{number:int}")
async def asked(number: FromPath[int]) -> str:
    if number == 500:
        raise RuntimeError("a bug")
    if number == 400:
        raise BadRequest("bad", "It is bad.")
    if number == 503:
        raise Unavailable("postgres", "it is away")
    return "well"


def counted(status: int) -> float:
    labels = {"method": "GET", "path": "/asked/{number}", "status_code": str(status), "app_name": "rowmill"}
    return REGISTRY.get_sample_value("rowmill_http_requests_total", labels) or 0.0


@pytest.mark.parametrize("status", [200, 400, 500, 503])
def test_a_request_counts_by_its_route_and_its_answer(status: int) -> None:
    before = counted(status)
    with TestClient(build_app([Service(name="test", routes=[asked])]), raise_server_exceptions=False) as http:
        assert http.get(f"/asked/{status}").status_code == status
        assert "rowmill_http_requests_total" in http.get("/metrics").text
    assert counted(status) == before + 1


async def test_what_cannot_be_measured_is_absent_and_not_old(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[Any] = [
        [Reading(UPLOADS, "HELD", 3), Reading(SERVER_UP, "here", 1)],
        [Reading(UPLOADS, "HELD", 4)],
        Unavailable("postgres", "away"),
    ]

    async def measure() -> Sequence[Reading]:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        readings: Sequence[Reading] = answer
        return readings

    def shown() -> tuple[float | None, float | None]:
        return REGISTRY.get_sample_value("rowmill_uploads", {"state": "HELD"}), REGISTRY.get_sample_value(
            "rowmill_server_up", {"server": "here"}
        )

    measuring = Measuring({"test": measure})
    await measuring.refresh()
    assert shown() == (3, 1)
    await measuring.refresh()  # too soon: nobody is asked again
    assert shown() == (3, 1)
    monkeypatch.setattr("backbone.http.metrics.MEASURED_EVERY_S", 0)
    await measuring.refresh()
    assert shown() == (4, None)
    await measuring.refresh()
    assert shown() == (None, None)
    assert REGISTRY.get_sample_value("rowmill_measure_failures_total", {"measure": "test"}) == 1
