"""The profile of a version: what the scan of the whole file found in each column."""

from tests.flows.pods import Rowmill


def test_the_profile_of_each_version(rowmill: Rowmill) -> None:
    rowmill.load(b"city,people\nOslo,700000\nBergen,300000\nOslo,\n", dataset="profiled")
    rowmill.load(b"city,people\nRome,2800000\n", dataset="profiled", mode="replace")
    with rowmill.readers as http:
        first = http.get("/api/datasets/profiled", params={"version": 1}).json()
        second = http.get("/api/datasets/profiled").json()
    city, people = first["profile"]
    assert (city["type"], city["distinct"], city["top"][0]) == ("text", 2, ["Oslo", 2])
    assert (people["type"], people["nulls"], people["min"], people["max"], people["mean"]) == ("integer", 1, "300000", "700000", 500000)
    assert (first["version"], second["version"]) == (1, 2)
    assert second["profile"][0]["max"] == "Rome"
