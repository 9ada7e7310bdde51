"""Renders the Helm chart: `k8s/` for minikube, to be applied by kubectl alone, and the production values for the tests.

Needs helm. What was rendered is told by a checksum of the chart, so that a test can tell that it is old without helm.
"""

import base64
import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from backbone.runtime.key_text import PREFIX, is_key

ROOT: Final = Path(__file__).parents[1]
CHART: Final = ROOT / "helm" / "rowmill"
MINIKUBE: Final = ROOT / "k8s"
PRODUCTION: Final = ROOT / "tests" / "deploy" / "rendered" / "production.yaml"
STAMP: Final = "rendered-from"
KUBERNETES: Final = "1.34.0"
SOURCE: Final = re.compile(r"^# Source: rowmill/templates/(\S+)\n", re.MULTILINE)
GENERATED: Final = re.compile(r'^(  (?:secret|admin-key|metrics-key)): "(.*)"$', re.MULTILINE)
FOLDERS: Final = {"config.yaml": "config", "secret.yaml": "config", "service-account.yaml": "config", "network-policies.yaml": "policies"}
FILES: Final = {"config.yaml": "app-config", "secret.yaml": "app-secret"}


def checksum() -> str:
    """Of every file that takes part in the rendering."""
    digest = hashlib.sha256()
    paths = [path for path in CHART.rglob("*") if path.is_file() and path.suffix != ".md" and path.name != "values.schema.json"]
    for path in sorted(paths):
        digest.update(f"{path.relative_to(CHART)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def helm(*arguments: str) -> str:
    # Without a version in the binary helm takes the cluster for an old one.
    command = ["helm", "template", "rowmill", str(CHART), "--kube-version", KUBERNETES, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def documents(rendered: str) -> list[tuple[str, str]]:
    """Template and text of each object."""
    parts = [part.strip() + "\n" for part in re.split(r"^---$", rendered, flags=re.MULTILINE) if part.strip()]
    split = [(SOURCE.search(part), SOURCE.sub("", part)) for part in parts]
    return [(source[1], text) for source, text in split if source is not None and "kind:" in text]


def minikube() -> dict[str, str]:
    """Text by the path of its file. What belongs together lies in one file; `config` comes first, as kubectl goes by the alphabet.

    Without a key: one that lies in a repository is everybody's. `rowmill first-key` in a pod makes it.
    """
    files: dict[str, str] = {}
    for template, text in documents(helm("--no-hooks", "--values", str(CHART / "values-minikube.yaml"), "--set", "keys.generate=false")):
        component = re.search(r"app\.kubernetes\.io/component: (\S+)", text)
        assert component is not None, text
        folder = FOLDERS.get(template, "servers" if template.startswith("servers/") else "services")
        stem = Path(template).stem
        name = FILES.get(template, stem if folder in ("config", "policies") else component[1])
        text = re.sub(r"^ *helm\.sh/chart: .*\n", "", text, flags=re.MULTILINE).replace("managed-by: Helm", "managed-by: kubectl")
        path = f"{folder}/{name}.yaml"
        files[path] = files[path] + "---\n" + text if path in files else text
    return files


def always_the_same(generated: re.Match[str]) -> str:
    """What helm generates anew each time, so that nothing changes in the repository while the chart stays: a value of the same shape."""
    value = base64.b64decode(generated[2]).decode()
    if generated[1].endswith("-key"):
        assert is_key(value), f"the chart generates what is no key: {generated[1]}"
        body = "0" * 40
        value = f"{PREFIX}{body}{hashlib.sha256(body.encode()).hexdigest()[:6]}"
    else:
        value = "0" * len(value)
    return f'{generated[1]}: "{base64.b64encode(value.encode()).decode()}"'


def main() -> None:
    if shutil.which("helm") is None:
        sys.exit("helm is not there. `go install helm.sh/helm/v3/cmd/helm@v3.19.2` brings it.")
    production = helm("--values", str(CHART / "values-production.yaml"), "--api-versions", "monitoring.coreos.com/v1")
    shutil.rmtree(MINIKUBE, ignore_errors=True)
    for path, text in minikube().items():
        target = MINIKUBE / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    (MINIKUBE / STAMP).write_text(checksum() + "\n")
    PRODUCTION.parent.mkdir(parents=True, exist_ok=True)
    PRODUCTION.write_text(GENERATED.sub(always_the_same, production))
    sys.stdout.write(f"{MINIKUBE} and {PRODUCTION} are those of the chart\n")


if __name__ == "__main__":
    main()
