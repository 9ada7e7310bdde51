"""What tests of sources do again and again: make one, run it, wait for what it brought."""

from typing import Any

from tests.flows.pods import Rowmill, wait_for

ENDED = ("DONE", "UNCHANGED", "FAILED", "HELD")


def make_source(rowmill: Rowmill, name: str, kind: str, settings: dict[str, Any], **more: Any) -> dict[str, Any]:
    with rowmill.uploads as http:
        response = http.post("/api/sources", json={"name": name, "kind": kind, "dataset": name, "settings": settings, **more})
        assert response.status_code == 201, response.text
        assert response.headers["location"] == f"/api/sources/{name}"
        return dict(response.json())


def run_source(rowmill: Rowmill, name: str, **parameters: Any) -> dict[str, Any]:
    """The run, once it and its uploads have ended."""
    with rowmill.uploads as http:
        response = http.post(f"/api/sources/{name}/run", params=parameters)
        assert response.status_code == 202, response.text
    return ended_run(rowmill, name, response.json()["id"])


def ended_run(rowmill: Rowmill, name: str, run_id: str, timeout_s: float = 60) -> dict[str, Any]:
    run: dict[str, Any] = {}

    def has_ended() -> bool:
        with rowmill.uploads as http:
            run.update(http.get(f"/api/sources/{name}/runs/{run_id}").json())
        return run["state"] in ENDED

    wait_for(has_ended, timeout_s, f"run {run_id} of {name} has ended")
    return run


def runs_of(rowmill: Rowmill, name: str) -> list[dict[str, Any]]:
    with rowmill.uploads as http:
        return list(http.get(f"/api/sources/{name}/runs").json()["runs"])


def values_of(rowmill: Rowmill, dataset: str) -> list[dict[str, Any]]:
    return [dict(row["values"]) for row in rowmill.rows(dataset, limit=1000)["rows"]]
