"""However Rowmill is brought up, it asks for keys, and no key that opens it lies in the repository."""

import base64
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from backbone.runtime.key_text import is_key
from tests.deploy.objects import ROOT, Object, minikube, of_kind, pods, production

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
KEY = re.compile(r"rwm_[0-9A-Za-z]{40}[0-9a-f]{6}")


def variables(objects: list[Object], name: str) -> dict[str, Any]:
    """Of each container of Rowmill's image that serves."""
    serving = {
        pod: container
        for pod, template in pods(objects)
        for container in template["spec"]["containers"]
        if container.get("args", [""])[0] == "serve"
    }
    assert len(serving) == 4
    return {pod: next((variable for variable in container["env"] if variable["name"] == name), None) for pod, container in serving.items()}


@pytest.mark.parametrize("path", ["Dockerfile", "docker-compose.yml", ".env.example", "k8s", "helm"])
def test_nothing_says_that_nobody_is_to_be_asked(path: str) -> None:
    files = [ROOT / path] if (ROOT / path).is_file() else [found for found in (ROOT / path).rglob("*") if found.is_file()]
    for file in files:
        assert "ROWMILL_INSECURE" not in file.read_text() and "ROWMILL_AUTH" not in file.read_text(), file


def test_no_key_lies_in_the_repository() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    rendered = "tests/deploy/rendered/"  # of a release that is nowhere
    for path in (ROOT / name for name in listed if name and not name.startswith(rendered)):
        text = path.read_text(errors="ignore") if path.is_file() else ""
        assert not any(is_key(key) for key in KEY.findall(text)), path
    for secret in of_kind(minikube(), "Secret"):
        assert not any(base64.b64decode(value).startswith(b"rwm_") for value in secret["data"].values())


def test_pods_of_the_chart_know_the_key_of_its_secret() -> None:
    (secret,) = of_kind(production(), "Secret")
    for name in ("admin-key", "metrics-key"):
        assert is_key(base64.b64decode(secret["data"][name]).decode())
    for variable in variables(production(), "ROWMILL_FIRST_KEY").values():
        assert variable["valueFrom"]["secretKeyRef"] == {"name": "rowmill", "key": "admin-key"}
    for variable in variables(production(), "ROWMILL_METRICS_KEY").values():
        assert variable["valueFrom"]["secretKeyRef"] == {"name": "rowmill", "key": "metrics-key", "optional": True}


def test_pods_of_k8s_make_no_key_that_would_stand_in_a_log() -> None:
    assert [variable["value"] for variable in variables(minikube(), "ROWMILL_FIRST_KEY").values()] == ["none"] * 4


def test_prometheus_has_a_key_that_reads_metrics_and_no_more() -> None:
    (monitor,) = of_kind(production(), "ServiceMonitor")
    assert monitor["spec"]["endpoints"][0]["authorization"] == {"credentials": {"name": "rowmill", "key": "metrics-key"}}
    scraped = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())["scrape_configs"]
    assert [job["authorization"] for job in scraped] == [{"credentials_file": "/run/secrets/metrics-key"}]
    assert COMPOSE["services"]["prometheus"]["secrets"] == ["metrics-key"]
    assert COMPOSE["secrets"] == {"metrics-key": {"environment": "ROWMILL_METRICS_KEY"}}


def test_the_compose_file_knows_no_password_and_no_key() -> None:
    environment = COMPOSE["x-rowmill"]["environment"]
    assert environment["ROWMILL_FIRST_KEY"].startswith("${ROWMILL_FIRST_KEY:?")
    example = dict(line.split("=", 1) for line in (ROOT / ".env.example").read_text().splitlines() if re.match(r"[A-Z_]+=", line))
    assert [value for name, value in example.items() if name.endswith(("_PASSWORD", "_KEY"))] == [""] * 5


def make_env(folder: Path) -> dict[str, str]:
    subprocess.run(["tools/make_env", folder], cwd=ROOT, check=True, timeout=60)
    return dict(line.split("=", 1) for line in (folder / ".env").read_text().splitlines())


def test_env_is_made_of_chance_and_kept(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ROWMILL_PORT=9000\nMINIO_PASSWORD=mine=so\n")
    made = make_env(tmp_path)
    assert (made["ROWMILL_PORT"], made["MINIO_PASSWORD"]) == ("9000", "mine=so")
    assert is_key(made["ROWMILL_FIRST_KEY"]) and is_key(made["ROWMILL_METRICS_KEY"])
    assert len({made["ROWMILL_FIRST_KEY"], made["ROWMILL_METRICS_KEY"], made["POSTGRES_PASSWORD"], made["GRAFANA_PASSWORD"]}) == 4
    assert len(made["POSTGRES_PASSWORD"]) == 32 and made["POSTGRES_IMAGE"] == "postgres:18"
    assert make_env(tmp_path) == made
    (tmp_path / "another").mkdir()
    assert make_env(tmp_path / "another")["ROWMILL_FIRST_KEY"] != made["ROWMILL_FIRST_KEY"]


def test_env_is_for_its_owner_alone(tmp_path: Path) -> None:
    make_env(tmp_path)
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0
