"""What tests of enrichments do again and again: make one, run it, wait for what it wrote."""

import json
from typing import Any

from tests.flows.pods import Rowmill, wait_for

ENDED = ("DONE", "UNCHANGED", "FAILED", "HELD")


def make_enrichment(
    rowmill: Rowmill, name: str, kind: str, column: str, fields: dict[str, str], settings: dict[str, Any], **more: Any
) -> dict[str, Any]:
    """Of the dataset of that name."""
    place = {"rate": 1000, **settings} if kind == "lookup" else settings
    body = {"name": name, "kind": kind, "dataset": name, "column": column, "fields": fields, "settings": place, **more}
    with rowmill.uploads as http:
        response = http.post("/api/enrichments", json=body)
        assert response.status_code == 201, response.text
        assert response.headers["location"] == f"/api/enrichments/{name}"
        return dict(response.json())


def start_enrichment(rowmill: Rowmill, name: str, **parameters: Any) -> str:
    with rowmill.uploads as http:
        response = http.post(f"/api/enrichments/{name}/run", params=parameters)
        assert response.status_code == 202, response.text
        return str(response.json()["id"])


def run_enrichment(rowmill: Rowmill, name: str, **parameters: Any) -> dict[str, Any]:
    """The run, once it and its upload have ended."""
    return ended_enrichment(rowmill, name, start_enrichment(rowmill, name, **parameters))


def ended_enrichment(rowmill: Rowmill, name: str, run_id: str, timeout_s: float = 60) -> dict[str, Any]:
    run: dict[str, Any] = {}

    def has_ended() -> bool:
        with rowmill.uploads as http:
            run.update(http.get(f"/api/enrichments/{name}/runs/{run_id}").json())
        return run["state"] in ENDED

    wait_for(has_ended, timeout_s, f"run {run_id} of {name} has ended")
    return run


def enrichment_runs(rowmill: Rowmill, name: str) -> list[dict[str, Any]]:
    with rowmill.uploads as http:
        return list(http.get(f"/api/enrichments/{name}/runs").json()["runs"])


def counted(run: dict[str, Any]) -> tuple[int, int, int]:
    """Distinct values that were found, are missing, failed."""
    return run["counts"]["found"], run["counts"]["missing"], run["counts"]["failed"]


def undo(rowmill: Rowmill, run: dict[str, Any]) -> None:
    with rowmill.uploads as http:
        response = http.post(f"/api/uploads/{run['upload']['id']}/undo")
        assert response.status_code == 200 and response.json()["state"] == "UNDONE", response.text


def read(rowmill: Rowmill, name: str) -> list[tuple[Any, ...]]:
    """The rows, numbers as they stand; sorted, for a row that was changed stands behind the others."""
    with rowmill.readers as http:
        page = json.loads(http.get(f"/api/datasets/{name}/rows", params={"limit": 1000}).text, parse_float=str, parse_int=str)
    return sorted((tuple(row["values"].values()) for row in page["rows"]), key=repr)
