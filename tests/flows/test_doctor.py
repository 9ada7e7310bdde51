"""`rowmill doctor` where a Rowmill runs, and where something is wrong."""

import json
from pathlib import Path
from typing import Any

from tests.flows.pods import Rowmill, free_port


def doctor(rowmill: Rowmill) -> tuple[int, dict[str, Any]]:
    done = rowmill.command("doctor", "--json")
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, {finding["what"]: finding for finding in map(json.loads, done.stdout.splitlines())}


def test_a_running_rowmill_is_well(rowmill: Rowmill) -> None:
    code, findings = doctor(rowmill)
    assert code == 0, findings
    assert {"settings", "port", "postgresql", "clocks", "schema", "files", "events", "search"} <= findings.keys()


def test_each_server_that_is_away_is_named(tmp_path: Path) -> None:
    away = f"127.0.0.1:{free_port()}"
    environment = {
        "ROWMILL_HOME": str(tmp_path),
        "ROWMILL_POSTGRES_URL": f"postgresql://u:S3cret@{away}/d",
        "ROWMILL_FILES_URL": f"s3://u:S3cret@bucket?endpoint=http://{away}",
        "ROWMILL_SEARCH_URL": f"http://{away}",
    }
    code, findings = doctor(Rowmill("distributed", environment))
    assert code == 1 and "S3cret" not in json.dumps(findings)
    for name in ("postgresql", "files", "search"):
        assert findings[name]["how"] == "wrong" and findings[name]["do"]
    code, findings = doctor(Rowmill("embedded", {"ROWMILL_HTTP_PORT": "nine"}))
    assert (code, list(findings)) == (1, ["settings"])
