"""`make cluster-test`: Rowmill on a real Kubernetes, from the image to the restore drill, with a table of what came out.

    python -m tools.cluster_test [STEP…]     all steps, or those whose names begin so

Needs kubectl, helm, docker and a cluster that NodePorts of are reached from here. ROWMILL_LOAD_IMAGE is the command that gives the cluster an image
(default: `minikube image load`). KEEP=1 leaves the namespaces.
"""

import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Final

from tools.cluster_test import drill, plain, production
from tools.cluster_test.kube import Failed, run

IMAGE: Final = "rowmill:latest"


def image() -> str:
    run("make", "-s", "image", f"IMAGE={IMAGE}")
    run(*os.environ.get("ROWMILL_LOAD_IMAGE", "minikube image load").split(), IMAGE)
    unpacked = int(run("docker", "image", "inspect", "--format", "{{.Size}}", IMAGE)) / 1e6
    packed = int(run("sh", "-c", f"docker save {IMAGE} | gzip -6 | wc -c")) / 1e6  # what a registry stores and a node fetches
    return f"{packed:.0f} MB to fetch, {unpacked:.0f} MB unpacked"


STEPS: Final[Mapping[str, Callable[[], str]]] = {
    "image": image,
    "k8s: apply": plain.apply,
    "k8s: migrate": plain.migrate,
    "k8s: upload and search": plain.upload_and_search,
    "k8s: verify --deep": plain.verify,
    "k8s: apply again": plain.apply_again,
    "chart: servers elsewhere": production.make_servers,
    "chart: install": production.install,
    "chart: helm test": production.helm_test,
    "chart: forbidden connections": production.try_connections,
    "chart: load, scale out, delete pods, upgrade": production.load_through_trouble,
    "chart: verify --deep": production.verify,
    "restore drill": drill.restore,
}


def main(wanted: list[str]) -> int:
    names = [name for name in STEPS if not wanted or any(name.startswith(prefix) for prefix in wanted)]
    table: list[tuple[str, str, float, str]] = []
    for name in names:
        began = time.monotonic()
        try:
            outcome, said = "ok", STEPS[name]()
        except Failed as error:
            outcome, said = "FAILED", str(error)
        table.append((outcome, name, time.monotonic() - began, said))
        sys.stderr.write(f"{outcome} {name}: {said}\n")
        if outcome == "FAILED":
            break
    if not wanted and not os.environ.get("KEEP"):
        plain.PLAIN.delete()
        production.PRODUCTION.delete()
    for outcome, name, seconds, said in table:
        sys.stdout.write(f"{outcome:6} {seconds:6.0f} s  {name:46} {said.splitlines()[0] if said else ''}\n")
    return int(any(outcome == "FAILED" for outcome, *_ in table))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
