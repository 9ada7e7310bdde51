"""The bill of materials names each package of the server's lock, with its version and hashes, and no other."""

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PINNED = re.compile(r"^([a-zA-Z0-9._-]+)(?:\[[^\]]*\])?==(\S+)", re.MULTILINE)


@pytest.mark.slow
def test_it_names_what_the_lock_names() -> None:
    subprocess.run(["make", "sbom"], cwd=ROOT, check=True, capture_output=True)
    bill = json.loads((ROOT / "dist" / "sbom.cdx.json").read_text())
    assert bill["metadata"]["component"]["name"] == "rowmill"
    named = {(component["name"].lower().replace("_", "-"), component["version"]) for component in bill["components"]}
    assert named == {(name.lower(), version) for name, version in PINNED.findall((ROOT / "requirements.server.lock").read_text())}
    assert all(reference["hashes"] for component in bill["components"] for reference in component["externalReferences"])
