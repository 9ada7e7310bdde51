"""The web server in front sends each path to the service that has it."""

import re
from pathlib import Path

import pytest

from services.__main__ import SERVICES
from services.describe_api import _unopened

ROOT = Path(__file__).parents[2]
FRONTS = ("deploy/nginx/rowmill.conf", "k8s/services/web.yaml", "tests/deploy/rendered/production.yaml")


def paths_of(service: str) -> set[str]:
    """Of its routes, each with a letter for a parameter."""
    return {re.sub(r"\{[^}]*\}", "x", path) for handler in SERVICES[service](_unopened()).routes for path in handler.paths}  # type: ignore[union-attr]


@pytest.mark.parametrize("front", FRONTS)
def test_every_path_reaches_its_service(front: str) -> None:
    patterns = set(re.findall(r"location ~ (\^/api/\S+) \{", (ROOT / front).read_text()))
    assert len(patterns) == 1, "one line sends to the upload service"
    to_upload = re.compile(patterns.pop())
    assert not [path for path in paths_of("upload") if not to_upload.search(path)]
    assert not [path for path in paths_of("query") if to_upload.search(path)]
