"""The web page as the server gives it out, built or not."""

import re

from tests.flows.pods import Rowmill


def test_the_page_comes_under_a_policy_that_lets_nothing_else_in(rowmill: Rowmill) -> None:
    with rowmill.readers as http:
        page = http.get("/")
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy and "http" not in policy
        assert page.headers["x-content-type-options"] == "nosniff"
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|https?://", page.text)
        assert http.get("/", headers={"Host": "elsewhere.example"}).status_code == 421
        assert http.get("/assets/..%2findex.html").status_code == 404
        assert http.get("/assets/nothing.js").status_code == 404


def test_what_the_page_names_is_there(rowmill: Rowmill) -> None:
    with rowmill.readers as http:
        for path in re.findall(r'(?:src|href)="\./([^"]+)"', http.get("/").text):
            asset = http.get(f"/{path}")
            assert asset.status_code == 200
            assert asset.headers["content-type"].startswith(("text/javascript", "text/css", "image/svg+xml"))


def test_a_service_without_a_page_shows_its_api(rowmill: Rowmill) -> None:
    if "all" not in rowmill.pods:
        with rowmill.uploads as http:
            assert http.get("/").headers["location"] == "/api/docs/"
