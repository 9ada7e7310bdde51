"""The whole API, of every service, asked by schemathesis: as its description says, and as it forbids. Nothing may fail that is not a problem."""

import subprocess
import sys
from pathlib import Path

import msgspec

from tests.flows.pods import Rowmill
from tests.thorough import THOROUGH, examples

EXAMPLES = str(examples(25))
# A query has a grammar that no schema tells: what fits the schema may be refused all the same.
LEFT_OUT = "positive_data_acceptance"
GOODS = b"name,price,made,active\nTeapot,1.10,2026-01-31,true\nCup,2.20,2026-02-01,false\nJug,,,\n"
GOOD_SEARCH = {"q": "teapot OR jug", "filter": "name:ne:Cup", "sort": "name", "fields": "name,price", "facet": "price", "by": "name"}


def test_the_api_does_as_its_description_says(rowmill: Rowmill, tmp_path: Path) -> None:
    done = rowmill.load(GOODS, dataset="fuzzed")
    paths = {"path.name": "fuzzed", "path.upload_id": done["id"]}
    # Most of the API is the same code in both homes; what searches is not, and is asked below.
    for name in rowmill.pods.keys() & ({"all", "upload", "query"} if THOROUGH else {"all"}):
        ask(rowmill.pods[name].url, paths, tmp_path)
    # Random texts seldom name a column. With a search that finds something, the answers are looked at.
    readers = rowmill.pods.get("query") or rowmill.pods["all"]
    ask(readers.url, {**paths, **{f"query.{name}": value for name, value in GOOD_SEARCH.items()}}, tmp_path, "--include-tag", "rows")


def ask(url: str, parameters: dict[str, str], folder: Path, *more: str) -> None:
    settings = folder / "schemathesis.toml"
    settings.write_bytes(b"[parameters]\n" + b"".join(b'"%s" = %s\n' % (n.encode(), msgspec.json.encode(v)) for n, v in parameters.items()))
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(settings), "run", f"{url}/api/docs/openapi.json"]
    command += ["--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES, "--generation-deterministic"]
    command += ["--exclude-checks", LEFT_OUT, "--no-color", "--warnings", "off", *more]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240, check=False)
    assert ran.returncode == 0, f"{url}:\n{ran.stdout[-8000:]}{ran.stderr[-2000:]}"
    assert "Test cases:" in ran.stdout
