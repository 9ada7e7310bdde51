"""Writes the dashboards as Grafana takes them, into the chart: `python -m tools.render_dashboards`. A test says when they are out of date."""

import json
import sys
from pathlib import Path
from typing import Any, Final

from tools.dashboards import DASHBOARDS, Panel

FOLDER: Final = Path(__file__).parents[1] / "helm" / "rowmill" / "monitoring" / "dashboards"
DATASOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
WIDTH: Final = 24
STAT: Final = (6, 4)  # width and height
GRAPH: Final = (12, 8)


def dashboard(name: str) -> dict[str, Any]:
    title, panels = DASHBOARDS[name]
    return {
        "uid": f"rowmill-{name}",
        "title": title,
        "tags": ["rowmill"],
        "schemaVersion": 41,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "links": [{"type": "dashboards", "tags": ["rowmill"], "asDropdown": False, "title": "", "keepTime": True, "includeVars": True}],
        "templating": {"list": [_datasource(), _job()]},
        "panels": _laid_out(panels),
    }


def _datasource() -> dict[str, Any]:
    return {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "current": {}, "hide": 0}


def _job() -> dict[str, Any]:
    """Which of several Rowmills."""
    return {
        "name": "job",
        "label": "Job",
        "type": "query",
        "datasource": DATASOURCE,
        "query": {"query": "label_values(rowmill_build_info, job)", "refId": "job"},
        "refresh": 2,
        "includeAll": True,
        "allValue": ".+",
        "multi": True,
        "current": {"text": "All", "value": "$__all"},
    }


def _laid_out(panels: tuple[Panel, ...]) -> list[dict[str, Any]]:
    laid_out: list[dict[str, Any]] = []
    x = y = row_height = 0
    for number, panel in enumerate(panels, 1):
        width, height = STAT if panel.kind == "stat" else GRAPH
        if x + width > WIDTH:
            x, y = 0, y + row_height
        row_height = height
        laid_out.append(_panel(number, panel, {"x": x, "y": y, "w": width, "h": height}))
        x += width
    return laid_out


def _panel(number: int, panel: Panel, position: dict[str, int]) -> dict[str, Any]:
    targets = [
        {"refId": chr(ord("A") + place), "datasource": DATASOURCE, "expr": expression, "legendFormat": legend}
        for place, (legend, expression) in enumerate(panel.queries.items())
    ]
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "datasource": DATASOURCE,
        "gridPos": position,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": targets,
    }


def rendered(name: str) -> str:
    return json.dumps(dashboard(name), indent=1) + "\n"


if __name__ == "__main__":
    for name in DASHBOARDS:
        (FOLDER / f"{name}.json").write_text(rendered(name))
    sys.stdout.write(f"{len(DASHBOARDS)} dashboards are in {FOLDER}\n")
