"""The list of findings by level, from their pages: `python -m tools.list_findings > docs/findings/README.md`. A test says when that is out of date."""

import re
import sys
from pathlib import Path
from typing import Final

PAGES: Final = Path(__file__).parents[1] / "docs" / "findings"
HEADING: Final = re.compile(r"# ([a-z-]+) \((info|warning|stop)( or (?:warning|stop))?\)")
LEVELS: Final = {
    "stop": "Almost surely wrong. The upload is FAILED, the version before stays; the page names the option that lets it pass.",
    "warning": "The data may not be what the sender meant. Published, or HELD with `on_warning=hold`.",
    "info": "Most people would decide so. Published.",
}
BEGINNING: Final = """# Findings

What was decided about a file, and each repair of it, is told with the upload: `GET /api/uploads/{id}`, `rowmill findings UPLOAD`, previews
([why](../design/decisions.md)). A page for each code says what was seen, what was done, and what to do if that is wrong.
This page is made by `python -m tools.list_findings`.
"""


def list_findings() -> str:
    pages = [(*read_heading(page), page) for page in sorted(PAGES.glob("*.md")) if page.name != "README.md"]
    sections = [_section(level, [(code, page) for code, levels, page in pages if levels[-1] == level]) for level in LEVELS]
    return BEGINNING + "".join(sections)


def read_heading(page: Path) -> tuple[str, tuple[str, ...]]:
    """The code and its levels, the gravest last. Raises `ValueError` for a page that does not begin with `# code (level)`."""
    heading = page.read_text().splitlines()[0]
    match = HEADING.fullmatch(heading)
    if match is None or match[1] != page.stem:
        raise ValueError(f"{page.name} has to begin with `# {page.stem} (level)`, or `(info or warning)`, not with {heading!r}")
    return match[1], tuple(match[0].rpartition("(")[2].rstrip(")").split(" or "))


def _section(level: str, pages: list[tuple[str, Path]]) -> str:
    lines = "".join(f"| [{code}]({page.name}) | {_seen(page)} |\n" for code, page in pages)
    return f"\n## {level}\n\n{LEVELS[level]}\n\n| code | seen |\n| --- | --- |\n{lines}"


def _seen(page: Path) -> str:
    """The first sentence of the first paragraph."""
    paragraph = page.read_text().split("\n\n")[1].replace("\n", " ")
    sentence = re.split(r"(?<=[.:;]) (?=[A-Z`*])", re.sub(r"^\*\*Seen\*?\*?[.:]\*?\*? ?", "", paragraph))[0]
    return (sentence[0].upper() + sentence[1:]).strip().replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(list_findings())
