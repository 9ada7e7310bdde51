"""The notebook of the documentation runs from its first cell to its last, in a kernel of its own."""

from pathlib import Path

import pytest

from tests.flows import keyed
from tests.flows.pods import Rowmill

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.long
def test_the_notebook_loads_searches_groups_and_plots(embedded_rowmill: Rowmill, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROWMILL_URL", embedded_rowmill.pods["all"].url)
    monkeypatch.setenv("ROWMILL_KEY", keyed.KEY if keyed.ASKED_FOR else "")
    monkeypatch.setenv("PYTHONPATH", str(DOCS.parent))
    notebook = nbformat.read(DOCS / "rowmill.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells)  # what it gives is made anew, not kept
    ran = nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(DOCS)}}).execute()
    outputs = [output for cell in ran.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output.output_type == "error"]
    printed = "".join(output.text for output in outputs if output.output_type == "stream" and output.name == "stdout")
    assert printed.startswith("11,995 rows, 5 rejects, version 1\n")
    assert len([output for output in outputs if "image/png" in output.get("data", {})]) == 2
    assert len([output for output in outputs if "shape: (" in output.get("data", {}).get("text/plain", "")]) == 3
