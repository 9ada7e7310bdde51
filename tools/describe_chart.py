"""Writes what of the Helm chart follows from `values.yaml`: `values.schema.json`, and the table in the chart's README.

A comment `# -- text` above a value says what it is for; `[a|b]` at its end lists all it may be. A map that is empty takes any names, one
that is not takes those names alone: a value that is misspelt is refused when the chart is installed.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any, Final

import yaml

CHART: Final = Path(__file__).parents[1] / "helm" / "rowmill"
BEGIN: Final = "<!-- values: written by `make chart` -->"
CHOICES: Final = re.compile(r"\s*\[([\w|]+)\]$")
OPEN: Final = frozenset(
    {"settings", "annotations", "additionalLabels", "labels", "resources", "podLabels", "podAnnotations", "nodeSelector", "affinity"}
)
PEERS: Final = frozenset({"to", "webFrom", "metricsFrom", "tolerations"})  # lists of objects of Kubernetes


def told(text: str) -> dict[str, str]:
    """What is said of each value, by its dotted path."""
    sentences: dict[str, str] = {}
    path: list[tuple[int, str]] = []
    pending: list[str] = []
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("# --"):
            pending = [stripped.removeprefix("# --").strip()]
        elif stripped.startswith("#") and pending:
            pending.append(stripped.removeprefix("#").strip())
        elif match := re.match(r"( *)([\w-]+):", line):
            indent = len(match[1])
            path = [(depth, name) for depth, name in path if depth < indent] + [(indent, match[2])]
            if pending:
                sentences[".".join(name for _, name in path)] = " ".join(pending)
            pending = []
        else:
            pending = []
    return sentences


def schema_of(value: Any, path: tuple[str, ...], sentences: dict[str, str]) -> dict[str, Any]:
    sentence = sentences.get(".".join(path), "")
    choices = CHOICES.search(sentence)
    described: dict[str, Any] = {"description": CHOICES.sub("", sentence)} if sentence else {}
    if choices:
        return {**described, "type": "string", "enum": choices[1].split("|")}
    match value:
        case bool():
            return {**described, "type": "boolean"}
        case int():
            return {**described, "type": "integer", "minimum": 0}
        case str():
            return {**described, "type": "string"}
        case list():
            items = {"type": "object"} if path[-1] in PEERS else {"type": "integer" if value and isinstance(value[0], int) else "string"}
            return {**described, "type": "array", "items": items}
        case dict() if path and path[-1] in OPEN:
            return {**described, "type": "object"}
        case dict():
            properties = {name: schema_of(inner, (*path, name), sentences) for name, inner in value.items()}
            return {**described, "type": "object", "additionalProperties": False, "properties": properties}
    raise TypeError(f"{'.'.join(path)}: a value of {type(value).__name__} has no place in values.yaml")


def table_of(value: Any, path: tuple[str, ...], sentences: dict[str, str]) -> list[str]:
    """A line for each value that is no map of others."""
    if (isinstance(value, dict) and value and path[-1:] and path[-1] in OPEN) or not isinstance(value, dict) or not value:
        sentence = sentences.get(".".join(path), "").replace("|", "\\|")
        return [f"| `{'.'.join(path)}` | `{json.dumps(value)}` | {sentence} |"]
    head = [f"| `{'.'.join(path)}` | | {sentences['.'.join(path)]} |"] if ".".join(path) in sentences else []
    return head + [line for name, inner in value.items() for line in table_of(inner, (*path, name), sentences)]


def main() -> None:
    text = (CHART / "values.yaml").read_text()
    values, sentences = yaml.safe_load(text), told(text)
    schema = schema_of(values, (), sentences)
    # Helm itself adds `global`.
    schema["properties"]["global"] = {"type": "object"}
    document = {"$schema": "https://json-schema.org/draft-07/schema#", "title": "Values of the Rowmill chart", **schema}
    (CHART / "values.schema.json").write_text(json.dumps(document, indent=1) + "\n")
    readme = CHART / "README.md"
    table = ["| value | default | |", "| --- | --- | --- |", *table_of(values, (), sentences)]
    readme.write_text(readme.read_text().partition(BEGIN)[0] + BEGIN + "\n\n" + "\n".join(table) + "\n")
    sys.stdout.write("values.schema.json and README.md are those of values.yaml\n")


if __name__ == "__main__":
    main()
