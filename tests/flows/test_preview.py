"""Preview: what a file would become, with nothing stored."""

from tests.flows.pods import Rowmill


def test_the_first_bytes_tell(rowmill: Rowmill) -> None:
    text = "name;price\n" + "".join(f"Müller {number};{number},50\n" for number in range(10_000))
    with rowmill.uploads as http:
        before = http.get("/api/uploads", params={"limit": 1}).json()["uploads"]
        found = http.post("/api/preview", content=text.encode("cp1252")).json()
        assert http.get("/api/uploads", params={"limit": 1}).json()["uploads"] == before
    assert (found["dialect"]["delimiter"], found["dialect"]["encoding"], found["whole"]) == (";", "cp1252", False)
    assert [column["name"] for column in found["columns"]] == ["name", "price"]
    assert len(found["rows"]) == 50
    assert found["rows"][0] == ["Müller 0", "0,50"]


def test_a_whole_small_file_and_what_the_user_says(rowmill: Rowmill) -> None:
    with rowmill.uploads as http:
        found = http.post("/api/preview", params={"header": "false"}, content=b"1,2\n3,4\n").json()
        assert (found["whole"], found["records"], found["rows"]) == (True, 2, [["1", "2"], ["3", "4"]])
        refused = http.post("/api/preview", content=b"")
        assert (refused.status_code, refused.json()["type"]) == (422, "urn:rowmill:problem:empty-file")
