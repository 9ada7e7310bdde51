"""Clients that others generate from `openapi.json` compile and work: here openapi-python-client's (the page's own is openapi-typescript's)."""

import importlib
import io
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.flows import keyed
from tests.flows.pods import Rowmill

OPENAPI = Path(__file__).parents[2] / "openapi.json"
BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of its package."""
    folder = tmp_path_factory.mktemp("generated")
    made = subprocess.run(
        [BIN / "openapi-python-client", "generate", "--path", OPENAPI, "--output-path", folder / "books_client", "--meta", "none"],
        env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    told = [line for line in (made.stdout + made.stderr).splitlines() if line.startswith("WARNING")]
    # Bodies of CSV and lines of JSON are not its trade; files go as bytes.
    assert told == [
        "WARNING parsing POST /api/uploads within uploads.",
        "WARNING parsing POST /api/preview within uploads.",
        "WARNING parsing GET /api/audit/export within access.",
    ], made.stderr
    sys.path.insert(0, str(folder))
    return "books_client"


def test_it_loads_finds_and_changes(generated: str, embedded_rowmill: Rowmill) -> None:
    def module(name: str) -> ModuleType:
        return importlib.import_module(f"{generated}.{name}")

    address = str(embedded_rowmill.uploads.base_url)
    client: Any = module("client").Client(base_url=address, headers=dict(keyed.AUTHORIZED), raise_on_unexpected_status=True)
    file = module("types").File(payload=io.BytesIO(b"sku,price\na,1.50\nb,12345678901234567890\n"), file_name="goods.csv")
    upload = module("api.uploads.create_upload").sync(client=client, body=file, dataset="generated-client", file_name="goods.csv")
    assert upload.state in module("models.upload_state").UploadState
    assert embedded_rowmill.wait({"id": upload.id})["state"] == "COMPLETE"
    one = module("api.uploads.get_upload").sync(upload.id, client=client)
    assert (one.rows, one.dataset, one.findings) == (2, "generated-client", [])
    rows = module("api.rows.get_rows").sync("generated-client", client=client, filter_=["sku:eq:a"], facet=["sku"])
    assert rows.total.value == 1
    assert rows.rows[0].values == {"sku": "a", "price": 1.5}
    wrong = module("api.rows.get_rows").sync("generated-client", client=client, filter_=["nothing:eq:a"])
    assert (wrong.status, wrong.type_) == (400, "urn:rowmill:problem:unknown-column")
    datasets = module("api.datasets.get_datasets").sync(client=client, limit=1000)
    assert "generated-client" in [dataset.name for dataset in datasets.datasets]
