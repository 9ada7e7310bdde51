"""The docs do not come apart from the country: links lead somewhere, named tests and files exist, nothing outside the repository is named."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / ".github").rglob("*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
NAMED_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
NAMED_FILE = re.compile(r"`((?:backbone|services|rowmill|tests|bench|tools|docs|samples)/[\w/.-]+\.\w+)`")


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text()):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_relative_to(ROOT), f"{link} leads out of the repository"
        assert target.exists(), f"{link} leads nowhere"
        assert not anchor or anchor in anchors(target), f"{link}: there is no such heading"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_named_tests_exist(page: Path) -> None:
    for path, name in NAMED_TEST.findall(page.read_text()):
        assert re.search(rf"^(async )?def {name}\(", (ROOT / path).read_text(), flags=re.MULTILINE), f"{path} has no {name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_named_files_exist(page: Path) -> None:
    missing = [path for path in NAMED_FILE.findall(page.read_text()) if not (ROOT / path).exists()]
    assert not missing


def test_nothing_outside_the_repository_is_named() -> None:
    """Pages that its readers do not have: what they need of them stands in `docs/`."""
    outside = re.compile("DES" + r"IGN(\.md)?\b|(?<!RFC \d{4} )§ ?\d|\.\./shar" + "ed/")
    folders = ("backbone", "services", "rowmill", "bench", "tests", "tools", "docs")
    files = [*PAGES, *(path for folder in folders for path in (ROOT / folder).rglob("*.py"))]
    assert not [str(path) for path in files if outside.search(path.read_text())]


def test_every_invariant_of_the_map_names_its_test() -> None:
    section = (ROOT / "ARCHITECTURE.md").read_text().split("## Invariants")[1]
    lines = [line for line in section.splitlines() if line.startswith("| ") and not line.startswith(("| invariant", "| ---"))]
    assert lines
    for line in lines:
        assert NAMED_TEST.search(line), line


def test_every_promise_of_the_threat_model_names_its_test() -> None:
    section = (ROOT / "SECURITY.md").read_text().split("### Promises")[1].split("### ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ") and not line.startswith(("| promise", "| ---"))]
    assert len(lines) > 20
    for line in lines:
        assert NAMED_TEST.search(line), line


def test_every_word_of_the_glossary_stands_there_once() -> None:
    section = (ROOT / "ARCHITECTURE.md").read_text().split("## Words")[1].split("## ")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| ") and not line.startswith("| word")]
    words = [word.strip() for cell in cells for word in cell.split(",")]
    assert len(words) == len(set(words))
