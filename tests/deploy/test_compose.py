"""The compose file: what it mounts is there, nothing listens for other machines, and whoever waits for a server waits until it is well."""

import re
from typing import Any

import pytest
import yaml

from services.__main__ import SERVICES
from tests.deploy.objects import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
EXAMPLE = dict(line.split("=", 1) for line in (ROOT / ".env.example").read_text().splitlines() if "=" in line and not line.startswith("#"))


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_what_is_mounted_is_there(name: str) -> None:
    volumes = [volume.split(":") for volume in COMPOSE["services"][name].get("volumes", [])]
    for source, *_ in volumes:
        assert (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"], source


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_ports_are_for_this_machine_alone(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in COMPOSE["services"][name].get("ports", []))


def test_whoever_waits_waits_for_a_server_that_has_a_health() -> None:
    services = COMPOSE["services"]
    for name, service in services.items():
        waited_for = service.get("depends_on", {})
        if isinstance(waited_for, list):
            continue
        for other, condition in waited_for.items():
            if condition["condition"] == "service_healthy":  # those of Rowmill's image have it from there
                assert "healthcheck" in services[other] or other in SERVICES, f"{name} waits for {other}"


def test_every_service_runs_and_every_variable_has_an_example() -> None:
    commands = [service.get("command", []) for service in COMPOSE["services"].values()]
    assert {command[1] for command in commands if command[:1] == ["serve"]} == SERVICES.keys()
    asked = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    assert asked <= EXAMPLE.keys()


def test_prometheus_scrapes_every_service_and_knows_the_alerts() -> None:
    configuration = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())
    (scraped,) = configuration["scrape_configs"]
    assert set(scraped["dns_sd_configs"][0]["names"]) == SERVICES.keys()
    assert configuration["rule_files"] == ["rules.yaml"]
    assert any("rules.yaml" in volume for volume in COMPOSE["services"]["prometheus"]["volumes"])
