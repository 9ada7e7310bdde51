"""Dashboards and alerts ask for metrics that there are, by expressions that Prometheus reads, and each alert has its page and its cases."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from tests.deploy.objects import ROOT
from tools.dashboards import DASHBOARDS
from tools.list_metrics import catalogue
from tools.render_dashboards import FOLDER, rendered

RULES = ROOT / "helm" / "rowmill" / "monitoring" / "rules.yaml"
CASES = ROOT / "tests" / "deploy" / "rules.test.yaml"
PAGES = ROOT / "docs" / "operations" / "alerts"
OF_PROMETHEUS = {"up"}
OF_ITS_CLIENT = {"process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds", "python_gc_collections_total"}


def alerts() -> dict[str, Any]:
    return {rule["alert"]: rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]}


def expressions() -> Iterator[tuple[str, str]]:
    for name, (_, panels) in DASHBOARDS.items():
        for panel in panels:
            yield from ((f"{name}: {panel.title}", expression) for expression in panel.queries.values())
    yield from ((name, rule["expr"]) for name, rule in alerts().items())


def plain(expression: str) -> str:
    """With what Grafana puts in for its variables."""
    return expression.replace("$__rate_interval", "1m").replace("$job", ".+")


def named_metrics(node: Any) -> set[str]:
    """Every metric that a parsed expression selects."""
    if isinstance(node, promql_parser.VectorSelector):
        return {str(node.name)}
    if isinstance(node, promql_parser.MatrixSelector):
        return named_metrics(node.vector_selector)
    if isinstance(node, promql_parser.Call):
        return set[str]().union(*(named_metrics(argument) for argument in node.args))
    if isinstance(node, promql_parser.BinaryExpr):
        return named_metrics(node.lhs) | named_metrics(node.rhs)
    if isinstance(node, promql_parser.AggregateExpr | promql_parser.ParenExpr | promql_parser.UnaryExpr | promql_parser.SubqueryExpr):
        return named_metrics(node.expr)
    return set()


def scraped() -> set[str]:
    families = {name: kind for name, kind, *_ in catalogue()}
    of_histograms = {f"{name}_{part}" for name, kind in families.items() if kind == "histogram" for part in ("bucket", "sum", "count")}
    return families.keys() | of_histograms | OF_PROMETHEUS | OF_ITS_CLIENT


@pytest.mark.parametrize(("place", "expression"), list(expressions()))
def test_every_expression_is_one_of_metrics_that_there_are(place: str, expression: str) -> None:
    names = named_metrics(promql_parser.parse(plain(expression)))
    assert names, place
    assert names <= scraped(), place


def test_an_unknown_metric_would_be_noticed() -> None:
    assert named_metrics(promql_parser.parse("sum(rate(a[1m])) / max by (b) (c{d='e'}) > 1 and on () absent(f)")) == {"a", "c", "f"}


def test_the_dashboards_are_those_that_are_described() -> None:
    written = {path.stem: path.read_text() for path in FOLDER.glob("*.json")}
    assert written == {name: rendered(name) for name in DASHBOARDS}, "`python -m tools.render_dashboards` writes them"


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_is_fit_for_any_grafana(name: str) -> None:
    dashboard = json.loads(rendered(name))
    assert dashboard["uid"] == f"rowmill-{name}"
    assert all(target["datasource"]["uid"] == "${datasource}" for panel in dashboard["panels"] for target in panel["targets"])
    titles = [panel["title"] for panel in dashboard["panels"]]
    assert len(titles) == len(set(titles))


def test_every_alert_has_its_page() -> None:
    assert {path.stem for path in PAGES.glob("*.md")} == alerts().keys()
    for name in alerts():
        text = (PAGES / f"{name}.md").read_text()
        assert text.startswith(f"# {name}\n")
        assert "## What to do" in text, name


def test_every_alert_has_a_case_that_fires_and_one_that_does_not() -> None:
    cases = [case for test in yaml.safe_load(CASES.read_text())["tests"] for case in test["alert_rule_test"]]
    assert {case["alertname"] for case in cases if case["exp_alerts"]} == alerts().keys()
    assert {case["alertname"] for case in cases if not case["exp_alerts"]} == alerts().keys()


def has_promtool() -> bool:
    if shutil.which("promtool") is not None:
        return True
    assert "ROWMILL_TEST_REQUIRE_PROMETHEUS" not in os.environ, "promtool is to be here, and is not"
    return False


@pytest.mark.skipif(not has_promtool(), reason="promtool is not here: `apt install prometheus` brings it")
@pytest.mark.parametrize("command", [("check", "rules", RULES), ("test", "rules", CASES)], ids=["check", "test"])
def test_prometheus_takes_the_rules(command: tuple[str | Path, ...]) -> None:
    done = subprocess.run(["promtool", *command], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
