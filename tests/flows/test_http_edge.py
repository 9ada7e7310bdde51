"""What stands around the API: its description, health and metrics, on every service."""

import httpx
import pytest

from tests.flows.pods import Rowmill


def test_the_description_is_openapi_31_and_tells_of_the_body(rowmill: Rowmill) -> None:
    with rowmill.uploads as http:
        description = http.get("/api/docs/openapi.json").json()
    assert description["openapi"].startswith("3.1")
    upload = description["paths"]["/api/uploads"]["post"]
    assert upload["operationId"] == "create_upload"
    assert {"application/octet-stream", "multipart/form-data"} <= upload["requestBody"]["content"].keys()


def test_swagger_ui_needs_nothing_from_the_net(rowmill: Rowmill) -> None:
    with rowmill.readers as http:
        page = http.get("/api/docs/")
        assert page.status_code == 200
        assert "https://" not in page.text.split("<body>")[0]
        for asset in ("swagger-ui-bundle.js", "swagger-ui.css", "swagger-ui-standalone-preset.js"):
            assert f"/api/docs/assets/{asset}" in page.text
            assert len(http.get(f"/api/docs/assets/{asset}").content) > 10_000


def test_every_service_tells_its_health_and_its_figures(rowmill: Rowmill) -> None:
    for pod in rowmill.pods.values():
        live = httpx.get(f"{pod.url}/health/live").json()
        assert live["services"] == ([pod.name] if pod.name != "all" else ["upload", "parser", "indexer", "query"])
        ready = httpx.get(f"{pod.url}/health/ready")
        assert (ready.status_code, ready.json()["away"]) == (200, {})
        assert "process_resident_memory_bytes" in httpx.get(f"{pod.url}/metrics").text


@pytest.mark.stack
def test_a_service_on_its_own_has_its_own_routes_only(distributed_rowmill: Rowmill) -> None:
    rowmill = distributed_rowmill
    assert httpx.get(f"{rowmill.pods['parser'].url}/api/uploads").status_code == 404
    assert httpx.get(f"{rowmill.pods['upload'].url}/api/datasets").status_code == 404


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("/api/datasets?page=2", "limit"),
        ("/api/datasets/any/rows?skip=10", "limit"),
        ("/api/datasets/any/rows?filters=a:eq:1", "'filter'"),
        ("/api/datasets/any/rows?Q=x", "'q'"),
        ("/api/datasets/any/rows?limit=1&limit=2", "2 times"),
        ("/api/datasets/any/groups?by=a&having=x", "agg"),
        ("/api/datasets/any/export?limit=5", "format"),
        ("/api/search?query=x", "q"),
    ],
)
def test_a_parameter_that_is_not_known_is_refused(rowmill: Rowmill, path: str, near: str) -> None:
    with rowmill.readers as http:
        answer = http.get(path)
    assert (answer.status_code, near in answer.json()["detail"]) == (400, True), answer.text


def test_a_filter_of_uploads_is_refused_too(rowmill: Rowmill) -> None:
    with rowmill.uploads as http:
        assert http.get("/api/uploads?datset=x").json()["type"] == "urn:rowmill:problem:unknown-parameter"
        assert http.post("/api/uploads/any/undo?force=true").status_code == 400
