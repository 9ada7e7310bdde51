"""What the image is made of, as far as it shows without building one."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)


def pins(lock: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / lock).read_text()))


def test_the_image_has_the_versions_that_are_tested() -> None:
    tested = pins("requirements.lock")
    for lock in ("requirements.server.lock", "requirements.build.lock"):
        other = {name: (version, tested[name]) for name, version in pins(lock).items() if tested.get(name, version) != version}
        assert not other, f"{lock} differs from requirements.lock: {other}; `make lock` writes both"


def test_every_package_of_the_image_is_checked_by_its_hash() -> None:
    for lock in ("requirements.server.lock", "requirements.build.lock"):
        entries = re.split(r"\n(?=\S)", (ROOT / lock).read_text().strip())
        assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    installs = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if "pip install" in line and ".lock" in line]
    assert len(installs) == 2
    assert all("--require-hashes" in line for line in installs)


def test_the_image_runs_as_nobody_that_a_host_has() -> None:
    (user,) = re.findall(r"^USER (\d+):\d+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert int(user) > 10_000
