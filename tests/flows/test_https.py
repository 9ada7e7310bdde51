"""A certificate of its own makes it HTTPS, and nothing else."""

import os
import ssl
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from backbone.postgres.embedded.server import leave_embedded
from tests.contracts.certificates import make_certificates
from tests.flows.pods import READY_TIMEOUT_S, start_pod, wait_for


def test_a_certificate_makes_it_https(tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path)
    home = tmp_path / "home"
    files = {"ROWMILL_TLS_CERTIFICATE": str(tmp_path / "server.pem"), "ROWMILL_TLS_KEY": str(tmp_path / "server.key")}
    pod = start_pod("tls", [], {"ROWMILL_HOME": str(home), **files}, tmp_path)
    try:
        url = pod.url.replace("http://127.0.0.1", "https://localhost")
        with httpx.Client(base_url=url, verify=ssl.create_default_context(cafile=certificates.ca)) as http:

            def is_ready() -> bool:
                try:
                    return http.get("/health/ready").is_success
                except httpx.TransportError:
                    return False

            wait_for(is_ready, READY_TIMEOUT_S, "it is ready")
            assert http.post("/api/uploads", params={"file_name": "a.csv"}, content=b"a\n1\n").status_code == 202
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{pod.url}/health/live")
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{url}/health/live", verify=ssl.create_default_context(cafile=certificates.other_ca))
    finally:
        pod.stop()
        leave_embedded(home)


@pytest.mark.parametrize("names", [("no.pem", "no.key"), ("server.pem", "ca.key"), ("server.pem", "")])
def test_a_certificate_that_is_none_is_told_at_the_start(tmp_path: Path, names: tuple[str, str]) -> None:
    make_certificates(tmp_path)
    paths = [str(tmp_path / name) if name else "" for name in names]
    environment = {**os.environ, "ROWMILL_HOME": str(tmp_path / "home"), "ROWMILL_TLS_CERTIFICATE": paths[0], "ROWMILL_TLS_KEY": paths[1]}
    ended = subprocess.run([sys.executable, "-m", "services"], env=environment, capture_output=True, text=True, timeout=60)
    assert ended.returncode != 0
    assert "ROWMILL_TLS_CERTIFICATE" in ended.stderr + ended.stdout and "Traceback" not in ended.stderr
