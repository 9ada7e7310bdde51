"""The files of the web page: found, typed, packed, and none from outside."""

from pathlib import Path

import pytest

from services.query.page.built_files import read_built
from tools.build_web import is_new_enough


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    built = tmp_path / "dist"
    (built / "assets").mkdir(parents=True)
    (tmp_path / "secret").write_text("not for you")
    (built / "index.html").write_text("<!doctype html>")
    (built / "assets" / "a.js").write_text("1")
    (built / "assets" / "a.js.gz").write_bytes(b"packed")
    return built


async def test_files_have_their_type_and_their_packed_copy(folder: Path) -> None:
    page = await read_built("index.html", folder)
    assert page is not None
    assert (page.content, page.packed, page.media_type) == (b"<!doctype html>", None, "text/html")
    script = await read_built("assets/a.js", folder)
    assert script is not None
    assert (script.content, script.packed, script.media_type) == (b"1", b"packed", "text/javascript; charset=utf-8")


@pytest.mark.parametrize(
    "path", ["../secret", "assets/../../secret", "assets/..", "", "/", "assets/", "/etc/passwd", "a/b/c", "..\\secret", "a\0"]
)
async def test_nothing_from_outside_the_folder(folder: Path, path: str) -> None:
    assert await read_built(path, folder) is None


@pytest.mark.parametrize(
    ("version", "enough"), [("v20.20.2\n", True), ("v24.1.0", True), ("v20.18.9", False), ("v18.19.0", False), ("", False), ("?", False)]
)
def test_which_node_will_do(version: str, enough: bool) -> None:
    assert is_new_enough(version) is enough
