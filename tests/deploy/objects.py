"""The Kubernetes objects of the repository, as the tests read them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "helm" / "rowmill"
SERVICES = ("upload", "parser", "indexer", "query")
COMPONENT = "app.kubernetes.io/component"

Object = Mapping[str, Any]


def minikube() -> list[Object]:
    return [found for path in sorted((ROOT / "k8s").rglob("*.yaml")) for found in yaml.safe_load_all(path.read_text()) if found]


def production() -> list[Object]:
    text = (ROOT / "tests" / "deploy" / "rendered" / "production.yaml").read_text()
    return [found for found in yaml.safe_load_all(text) if found]


def of_kind(objects: list[Object], *kinds: str) -> list[Object]:
    return [found for found in objects if found["kind"] in kinds]


def pods(objects: list[Object]) -> Iterator[tuple[str, Object]]:
    """Name and pod template of everything that runs."""
    for found in objects:
        name = f"{found['kind']} {found['metadata']['name']}"
        match found["kind"]:
            case "Deployment" | "StatefulSet" | "Job":
                yield name, found["spec"]["template"]
            case "CronJob":
                yield name, found["spec"]["jobTemplate"]["spec"]["template"]
            case "Pod":
                yield name, found


def selects(policy: Object, template: Object) -> bool:
    wanted = policy["spec"]["podSelector"].get("matchLabels", {})
    return bool(wanted.items() <= template["metadata"]["labels"].items())
