"""Every panel of every dashboard shows something: a real Prometheus scrapes the running processes under a little load."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml

from tests.deploy.test_monitoring import plain
from tests.flows.pods import Rowmill, free_port, wait_for
from tools.dashboards import DASHBOARDS


def find_prometheus() -> str | None:
    program = shutil.which("prometheus")
    assert program or "ROWMILL_TEST_REQUIRE_PROMETHEUS" not in os.environ, "prometheus is to be here, and is not"
    return program


@pytest.fixture
def prometheus(rowmill: Rowmill, tmp_path: Path) -> Iterator[httpx.Client]:
    program = find_prometheus()
    if program is None:
        pytest.skip("prometheus is not here: `apt install prometheus` brings it")
    targets = [pod.url.removeprefix("http://") for pod in rowmill.pods.values()]
    scraped = {"job_name": "rowmill", "scrape_interval": "1s", "static_configs": [{"targets": targets}]}
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump({"scrape_configs": [scraped]}))
    address = f"127.0.0.1:{free_port()}"
    options = {"config.file": tmp_path / "prometheus.yml", "storage.tsdb.path": tmp_path / "data", "web.listen-address": address}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([program, *(f"--{name}={value}" for name, value in options.items())], stdout=log, stderr=log)
    with httpx.Client(base_url=f"http://{address}", timeout=10) as http:
        yield http
    process.kill()
    process.wait()


def expressions() -> dict[str, str]:
    return {
        f"{name}: {panel.title}: {legend}": plain(expression)
        for name, (_, panels) in DASHBOARDS.items()
        for panel in panels
        for legend, expression in panel.queries.items()
    }


@pytest.mark.long
def test_every_panel_shows_something(rowmill: Rowmill, prometheus: httpx.Client) -> None:
    def work() -> None:
        rowmill.load(b"id,kind\n1,tea\n2,pot\n3,cup,6,7\n", dataset="dashboards", mode="replace", max_rejects="1")
        rowmill.rows("dashboards", q="tea", facet="kind")
        with rowmill.readers as http:
            for address in (f"groups?by=kind&limit={number}" for number in range(1, 4)):
                http.get(f"/api/datasets/dashboards/{address}")
            http.get("/api/datasets/dashboards/export?format=csv")

    def empty() -> list[str]:
        def has_data(expression: str) -> bool:
            found = prometheus.get("/api/v1/query", params={"query": expression}).json()
            assert found["status"] == "success", found
            return any(sample["value"][1] != "NaN" for sample in found["data"]["result"])

        return [place for place, expression in expressions().items() if not has_data(expression)]

    def all_show_something() -> bool:
        work()
        missing[:] = empty()
        return not missing

    missing: list[str] = []
    wait_for(lambda: _answers(prometheus), 30, "prometheus is ready")
    deadline = time.monotonic() + 120
    while not all_show_something():
        assert time.monotonic() < deadline, f"these panels stay empty: {missing}"


def _answers(prometheus: httpx.Client) -> bool:
    try:
        return prometheus.get("/-/ready").is_success
    except httpx.TransportError:
        return False
