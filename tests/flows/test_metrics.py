"""Whoever scrapes all processes finds every metric of the catalogue, in both homes."""

import re

import httpx

from tests.flows.pods import Rowmill, wait_for
from tests.no_tls import NO_TLS
from tools.list_metrics import catalogue

SERVER_ERRORS = "rowmill_http_requests_error_total"  # which nobody has made here


def samples(rowmill: Rowmill) -> dict[str, float]:
    """The sum over all processes by name and labels."""
    found: dict[str, float] = {}
    for pod in rowmill.pods.values():
        for name, value in re.findall(r"^(\w+(?:\{.*\})?) (\S+)$", httpx.get(f"{pod.url}/metrics", verify=NO_TLS).text, re.MULTILINE):
            found[name] = found.get(name, 0.0) + float(value)
    return found


def test_the_metrics_of_all_processes_are_those_of_the_catalogue(rowmill: Rowmill) -> None:
    before = samples(rowmill)
    rowmill.load(b"id,kind\n1,tea\n2,pot\n3,cup,6,7\n", dataset="metrics", max_rejects="1")
    assert rowmill.rows("metrics", q="tea", facet="kind")["total"]["value"] == 1
    with rowmill.readers as http:
        for address in ("groups?by=kind", "groups?by=kind", "export?format=csv"):
            assert http.get(f"/api/datasets/metrics/{address}").status_code == 200
    expected = {
        "rowmill_rows_loaded_total": 2,
        "rowmill_documents_total": 2,
        'rowmill_rejects_total{reason="too-many-fields"}': 1,
        'rowmill_upload_steps_total{state="COMPLETE"}': 1,
        'rowmill_upload_stage_seconds_count{stage="all"}': 1,
        'rowmill_group_cache_total{outcome="hit"}': 1,
    }
    after: dict[str, float] = {}

    def is_counted() -> bool:  # some of it a moment after the version is there
        after.update(samples(rowmill))
        return {name: after.get(name, 0.0) - before.get(name, 0.0) for name in expected} == expected

    wait_for(is_counted, 20, f"{expected} are counted")
    families = {re.sub(r"\{.*", "", name).removesuffix("_count") for name in after}
    assert {name for name, *_ in catalogue()} - families <= {SERVER_ERRORS}
