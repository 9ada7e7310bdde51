"""The cluster as the test speaks to it: kubectl and helm, and the front door of a namespace over HTTP."""

import base64
import json
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import httpx

ROOT: Final = Path(__file__).parents[2]
RELEASE_PARTS: Final = ("upload", "parser", "indexer", "query", "web")
COMMAND_TIMEOUT_S: Final = 900.0


class Failed(Exception):  # noqa: N818
    """A step did not come out as it has to."""


def run(*command: str, text: str | None = None, check: bool = True) -> str:
    """What it printed. Raises `Failed` with what it complained of."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=COMMAND_TIMEOUT_S, check=False, cwd=ROOT)
    if check and done.returncode:
        raise Failed(f"{' '.join(command)[:200]} ended with {done.returncode}: {(done.stderr or done.stdout)[-1500:].strip()}")
    return done.stdout


class Namespace:
    def __init__(self, name: str) -> None:
        self.name = name
        self._key = ""

    def kubectl(self, *arguments: str, text: str | None = None, check: bool = True) -> str:
        return run("kubectl", "--namespace", self.name, *arguments, text=text, check=check)

    def create(self, labels: Mapping[str, str]) -> None:
        metadata = {"name": self.name, "labels": dict(labels)}
        run("kubectl", "apply", "-f", "-", text=json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}))

    def delete(self) -> None:
        run("kubectl", "delete", "namespace", self.name, "--ignore-not-found", "--timeout=300s")

    def objects(self, kind: str, selector: str = "") -> list[Any]:
        found: list[Any] = json.loads(self.kubectl("get", kind, "-o", "json", *(["--selector", selector] if selector else [])))["items"]
        return found

    def pods(self, component: str) -> list[str]:
        """Names of the pods of a component that are not ending."""
        pods = self.objects("pods", f"app.kubernetes.io/component={component}")
        return [pod["metadata"]["name"] for pod in pods if "deletionTimestamp" not in pod["metadata"]]

    def wait_for_rollouts(self, *kinds: str) -> None:
        for kind in kinds:
            for found in self.objects(kind):
                self.kubectl("rollout", "status", f"{kind}/{found['metadata']['name']}", "--timeout=600s")

    def execute(self, target: str, *command: str, text: str | None = None, check: bool = True) -> str:
        return self.kubectl("exec", "-i", target, "--", *command, text=text, check=check)

    def web(self) -> httpx.Client:
        """The front door by the port that its service has on the node."""
        (service,) = self.objects("services", "app.kubernetes.io/component=web")
        (node, *_) = json.loads(run("kubectl", "get", "nodes", "-o", "json"))["items"]
        (address,) = [found["address"] for found in node["status"]["addresses"] if found["type"] == "InternalIP"]
        headers = {"Authorization": f"Bearer {self.key()}"}
        return httpx.Client(base_url=f"http://{address}:{service['spec']['ports'][0]['nodePort']}", timeout=60, headers=headers)

    def key(self) -> str:
        """With all rights: the release's own, where its secret has one; else one that is made in a pod."""
        if not self._key:
            encoded = self.kubectl("get", "secret", "rowmill", "-o", "jsonpath={.data.admin-key}")
            made = base64.b64decode(encoded).decode() if encoded else self.execute("deployment/rowmill-query", "rowmill", "first-key")
            self._key = made.strip()
        return self._key


def wait_until(condition: Callable[[], bool], timeout_s: float, what: str) -> None:
    """Raises `Failed`."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise Failed(f"not within {timeout_s:.0f} s: {what}")
        time.sleep(1.0)


def load(http: httpx.Client, content: bytes, timeout_s: float = 300.0, **options: str) -> dict[str, Any]:
    """The upload once it is COMPLETE."""
    answer = http.post("/api/uploads", params=options, content=content)
    if answer.status_code != 202:
        raise Failed(f"the upload was answered with {answer.status_code}: {answer.text[:500]}")
    return wait_for_upload(http, answer.json()["id"], timeout_s)


def wait_for_upload(http: httpx.Client, upload_id: str, timeout_s: float) -> dict[str, Any]:
    upload: dict[str, Any] = {}

    def is_over() -> bool:
        try:
            upload.update(http.get(f"/api/uploads/{upload_id}").json())
        except (httpx.TransportError, ValueError):
            return False
        return upload.get("state") in ("COMPLETE", "FAILED", "CANCELLED")

    wait_until(is_over, timeout_s, f"upload {upload_id} is COMPLETE; it is {upload}")
    if upload["state"] != "COMPLETE":
        raise Failed(f"upload {upload_id} is {upload['state']}: {upload.get('error')}")
    return upload
