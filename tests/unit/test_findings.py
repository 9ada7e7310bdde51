"""Every finding that is told has a code, a page, and a line in the list; and no code, page or line is left over."""

import re
from pathlib import Path

from backbone.findings import FINDING_CODES
from tools.list_findings import PAGES, list_findings, read_heading

ROOT = Path(__file__).parents[2]


def told() -> set[str]:
    """The codes that some module tells of."""
    sources = [
        path.read_text() for folder in ("backbone", "services") for path in (ROOT / folder).rglob("*.py") if path.name != "findings.py"
    ]
    return {code for code in FINDING_CODES if any(f'"{code}"' in source for source in sources)}


def test_every_code_is_told_and_has_a_page() -> None:
    pages = {read_heading(page)[0] for page in PAGES.glob("*.md") if page.name != "README.md"}
    assert sorted(pages) == sorted(told())
    assert sorted(told()) == sorted(FINDING_CODES)


def test_the_list_is_current() -> None:
    assert (PAGES / "README.md").read_text() == list_findings(), "python -m tools.list_findings > docs/findings/README.md"


def test_a_page_says_what_to_do() -> None:
    for page in PAGES.glob("*.md"):
        assert page.name == "README.md" or re.search(r"`[a-z_]+=?|upload|[Ii]f ", page.read_text()), page
