"""What an editor is told is so: services, tasks, modules and files that there are."""

import json
from typing import Any

import yaml

from services.__main__ import SERVICES
from tests.deploy.objects import ROOT


def read(path: str) -> Any:
    return json.loads((ROOT / path).read_text())


def test_every_service_can_be_launched_and_all_of_them_together() -> None:
    launch = read(".vscode/launch.json")
    configurations = {found["name"]: found for found in launch["configurations"]}
    launched = {found["args"][0] for found in configurations.values() if found.get("module") == "services" and "args" in found}
    assert launched == SERVICES.keys()
    (together,) = launch["compounds"]
    assert set(together["configurations"]) == SERVICES.keys() <= configurations.keys()
    ports = [configurations[name]["env"]["ROWMILL_HTTP_PORT"] for name in SERVICES]
    assert len(set(ports)) == len(ports)


def test_tasks_are_those_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for task in read(".vscode/tasks.json")["tasks"]:
        program, target = task["command"].split()
        assert program == "make"
        assert f"\n{target}:" in makefile, target


def test_tests_are_looked_for_where_they_are() -> None:
    assert all((ROOT / folder).is_dir() for folder in read(".vscode/settings.json")["python.testing.pytestArgs"])


def test_the_dev_container_stands_on_the_compose_file() -> None:
    container = read(".devcontainer/devcontainer.json")
    services: dict[str, Any] = {}
    for name in container["dockerComposeFile"]:
        services |= yaml.safe_load((ROOT / ".devcontainer" / name).read_text())["services"]
    assert container["service"] in services
    assert set(container["runServices"]) <= services.keys()
    assert services[container["service"]]["depends_on"].keys() == set(container["runServices"])
