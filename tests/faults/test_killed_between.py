"""A pod that dies between two steps which it would have done with the same event: whoever gets the event again goes on where it stood."""

from pathlib import Path
from typing import Any

from tests.flows.pods import Rowmill, running, wait_for
from tests.flows.test_retry import on_its_database

NEVER = "1000000"


def _refuses_versions(rowmill: Rowmill) -> None:
    on_its_database(rowmill, "ALTER TABLE datasets ADD CONSTRAINT not_now CHECK (version < 2)")


def _takes_versions(rowmill: Rowmill) -> None:
    on_its_database(rowmill, "ALTER TABLE datasets DROP CONSTRAINT not_now")


def _is_indexed(rowmill: Rowmill, upload: dict[str, Any]) -> bool:
    with rowmill.uploads as http:
        found = http.get(f"/api/uploads/{upload['id']}").json()
    assert found["state"] not in ("COMPLETE", "FAILED"), found
    return bool(found["chunks"]["indexed"])


def test_one_that_dies_between_indexing_and_publishing(tmp_path: Path) -> None:
    """A file of one chunk that is merged by key is published by the hand that has indexed it. That is kept from it by a constraint on the catalog."""
    environment = {"ROWMILL_HOME": str(tmp_path), "ROWMILL_ATTEMPTS_MAX": NEVER}
    with running("embedded", {"all": []}, environment) as rowmill:
        rowmill.load(b"n,text\n1,first\n", dataset="between", mode="upsert", key="n")
        _refuses_versions(rowmill)
        upload = rowmill.upload(b"n,text\n2,second\n", dataset="between", mode="upsert", key="n")
        wait_for(lambda: _is_indexed(rowmill, upload), 30, "the chunk is indexed")
        assert [row["values"]["n"] for row in rowmill.rows("between")["rows"]] == [1]
        rowmill.pods["all"].kill()
        _takes_versions(rowmill)
        rowmill.restart("all")
        done = rowmill.wait(upload)
        assert (done["state"], done["version"], done["indexed"]) == ("COMPLETE", 2, 1)
        assert [row["values"]["n"] for row in rowmill.rows("between")["rows"]] == [1, 2]
        rowmill.verify("between")


def test_one_that_dies_while_it_loads_and_publishes(tmp_path: Path) -> None:
    """Where no documents are to be made, a file of one chunk is loaded and published in one transaction: all of it is there, or nothing."""
    environment = {"ROWMILL_HOME": str(tmp_path), "ROWMILL_ATTEMPTS_MAX": NEVER}
    with running("embedded", {"all": []}, environment) as rowmill:
        rowmill.load(b"n,text\n1,first\n", dataset="between")
        _refuses_versions(rowmill)
        upload = rowmill.upload(b"n,text\n2,second\n", dataset="between")
        wait_for(lambda: "not_now" in rowmill.logs(), 30, "it has been tried")
        assert not _is_indexed(rowmill, upload)
        assert [row["values"]["n"] for row in rowmill.rows("between")["rows"]] == [1]
        rowmill.pods["all"].kill()
        _takes_versions(rowmill)
        rowmill.restart("all")
        done = rowmill.wait(upload)
        assert (done["state"], done["version"], done["rows"], done["indexed"]) == ("COMPLETE", 2, 1, 1)
        assert done["balance"] == {**done["balance"], "visible_rows": 2, "visible_documents": 2}
        assert [row["values"]["n"] for row in rowmill.rows("between")["rows"]] == [1, 2]
        rowmill.verify("between")
