"""What people type finds what they mean: sixty queries over the sample of books, each with the title that should stand among the first three."""

from collections.abc import Iterator
from pathlib import Path

from tests.flows.pods import Rowmill

BOOKS = Path(__file__).parents[2] / "samples" / "books.csv"
TOPICS = ("gardens", "tides", "railways", "bees", "mountains", "bread", "clocks", "maps", "winter", "rivers", "bridges", "lighthouses")
FIRST = 3
RIGHT_MIN = 0.95


def queries() -> Iterator[tuple[str, str]]:
    """As they are typed, without accents, in the singular, mistyped; and the title that is meant."""
    for topic in TOPICS:
        yield f"{topic} introduction", f"{topic.capitalize()}: an introduction"
        yield f"histroy of {topic}", f"A history of {topic}"
        yield f"uber {topic}", f"Über {topic}"
        yield f"ete des {topic}", f"L'été des {topic}"
        yield f"cien anos {topic.removesuffix('s')}", f"Cien años de {topic}"


def test_the_book_that_is_meant_stands_among_the_first(rowmill: Rowmill) -> None:
    rowmill.load(BOOKS.read_bytes(), dataset="relevant-books", mode="replace")
    asked = list(queries())
    assert len(asked) == 60
    wrong = {}
    with rowmill.readers as http:
        for q, title in asked:
            answer = http.get("/api/datasets/relevant-books/rows", params={"q": q, "fuzzy": "true", "limit": FIRST, "fields": "Title"})
            assert answer.status_code == 200, answer.text
            titles = [row["values"]["title"] for row in answer.json()["rows"]]
            if title not in titles:
                wrong[q] = titles
    assert len(wrong) <= (1 - RIGHT_MIN) * len(asked), wrong
