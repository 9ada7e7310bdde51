"""What `docs/examples` shows does what it says, against a running Rowmill."""

import io
import json
import os
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from rowmill import Client
from tests.flows import keyed
from tests.flows.pods import Rowmill

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
KEY = keyed.KEY if keyed.ASKED_FOR else ""


def example(name: str) -> Any:
    spec = spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module: ModuleType = module_from_spec(spec)
    sys.modules[name] = module  # dlt looks for the module of a resource
    spec.loader.exec_module(module)
    return module


def load(client: Client, dataset: str, text: str) -> None:
    client.wait(client.upload(io.BytesIO(text.encode()), dataset=dataset), timeout_s=60)


def test_a_stream_of_records_ends_with_its_state_and_goes_on_from_it(embedded_rowmill: Rowmill) -> None:
    url = embedded_rowmill.pods["all"].url
    messages = example("record_stream").messages
    with Client(url, key=KEY) as client:
        load(client, "record-stream", "name,price\na,1.50\nb,\n")
        *records, end = messages(client, "record-stream")
        assert [(record["type"], record["record"]["stream"]) for record in records] == [("RECORD", "record-stream")] * 2
        assert json.dumps([record["record"]["data"] for record in records], default=str) == (
            '[{"name": "a", "price": "1.50"}, {"name": "b", "price": null}]'
        )
        state = end["state"]["stream"]["stream_state"]
        assert (end["type"], state) == ("STATE", {"version": 1})
        assert list(messages(client, "record-stream", state)) == [end]
        load(client, "record-stream", "name,price\nc,3\n")
        *again, end = messages(client, "record-stream", state)
        assert [record["record"]["data"]["name"] for record in again] == ["a", "b", "c"]
        assert end["state"]["stream"]["stream_state"] == {"version": 2}
    if not KEY:
        script = [sys.executable, str(EXAMPLES / "record_stream.py"), url, "record-stream", json.dumps({"version": 1})]
        ran = subprocess.run(script, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(EXAMPLES.parents[1])})
        lines = [json.loads(line) for line in ran.stdout.splitlines()]
        assert [line["type"] for line in lines] == ["RECORD"] * 3 + ["STATE"]
        assert lines[0]["record"]["data"] == {"name": "a", "price": "1.50"}


def test_tables_for_dlt_have_types(embedded_rowmill: Rowmill) -> None:
    url = embedded_rowmill.pods["all"].url
    module = example("dlt_pipeline")
    with Client(url, key=KEY) as client:
        load(client, "dlt-rows", "name,n,day\n" + "".join(f"w{n},{n},2026-01-02\n" for n in range(100)))
        module.ROWS = 40
        tables = list(module.tables(client, "dlt-rows"))
    assert [n for table in tables for n in table["n"].to_pylist()] == list(range(100))
    assert [str(field.type) for field in tables[0].schema][1:] == ["int64", "date32[day]"]


def test_dlt_loads_the_newest_version(embedded_rowmill: Rowmill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dlt = pytest.importorskip("dlt", reason="dlt is not among what the tests install")
    monkeypatch.chdir(tmp_path)
    url = embedded_rowmill.pods["all"].url
    module = example("dlt_pipeline")
    pipeline = dlt.pipeline("rowmill-rows", destination="duckdb", dataset_name="rowmill", pipelines_dir=str(tmp_path))
    with Client(url, key=KEY) as client:
        for n in (1, 2):
            load(client, "dlt-runs", f"n,day\n{n},2026-01-02\n")
            pipeline.run(module.resource(url, "dlt-runs", KEY))
            with pipeline.sql_client() as sql:
                assert sql.execute_sql("SELECT count(*), sum(n) FROM dlt_runs") == [(n, n * (n + 1) // 2)]
