"""Writes the JSON schemas of the Kubernetes objects that the chart makes, for kubeconform, out of Kubernetes' own OpenAPI description.

    python -m tools.kubernetes_schemas SWAGGER.JSON

The description lies in the Go module: `go mod download -json k8s.io/kubernetes@v1.34.2` tells the folder, in it api/openapi-spec/swagger.json.
Strict: a field that Kubernetes does not know is an error. Descriptions are left out, they are most of it.
"""

import json
import sys
from pathlib import Path
from typing import Any, Final

SCHEMAS: Final = Path(__file__).parents[1] / "tests" / "deploy" / "schemas"
KINDS: Final = {
    "v1": ("ConfigMap", "Secret", "Service", "ServiceAccount", "PersistentVolumeClaim", "Pod"),
    "apps/v1": ("Deployment", "StatefulSet"),
    "batch/v1": ("Job", "CronJob"),
    "autoscaling/v2": ("HorizontalPodAutoscaler",),
    "policy/v1": ("PodDisruptionBudget",),
    "networking.k8s.io/v1": ("NetworkPolicy", "Ingress"),
}
REF: Final = "#/definitions/"


def main(swagger: Path) -> None:
    definitions = json.loads(swagger.read_text())["definitions"]
    names = {
        (kind["group"], kind["version"], kind["kind"]): name
        for name, definition in definitions.items()
        for kind in definition.get("x-kubernetes-group-version-kind", [])
    }
    SCHEMAS.mkdir(parents=True, exist_ok=True)
    for version, kinds in KINDS.items():
        group, _, number = version.rpartition("/")
        for kind in kinds:
            schema = standalone(names[group, number, kind], definitions)
            suffix = f"-{group.partition('.')[0]}-{number}" if group else f"-{number}"
            (SCHEMAS / f"{kind.lower()}{suffix}.json").write_text(json.dumps(schema, separators=(",", ":")) + "\n")


def standalone(name: str, definitions: dict[str, Any]) -> dict[str, Any]:
    """A definition with all that it refers to."""
    needed: dict[str, Any] = {}
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current in needed:
            continue
        needed[current] = strict(definitions[current], waiting)
    return {"$schema": "http://json-schema.org/draft-07/schema#", "$ref": REF + name, "definitions": needed}


def strict(value: Any, waiting: list[str]) -> Any:
    """`waiting` gets the names of what it refers to."""
    if isinstance(value, list):
        return [strict(item, waiting) for item in value]
    if not isinstance(value, dict):
        return value
    if isinstance(reference := value.get("$ref"), str):
        waiting.append(reference.removeprefix(REF))
        return {"$ref": reference}
    if value.get("format") == "int-or-string":
        return {"type": ["string", "integer"]}
    kept = {
        key: {name: strict(inner, waiting) for name, inner in part.items()} if key == "properties" else strict(part, waiting)
        for key, part in value.items()
        if key in ("type", "properties", "items", "required", "enum", "additionalProperties")
    }
    if "properties" in kept:
        kept["additionalProperties"] = False
    return kept


if __name__ == "__main__":
    main(Path(sys.argv[1]))
