"""Prose: long, and hardly two the same."""

from backbone.model import Column
from services.upload.scan.profile import ColumnProfile
from services.upload.scan.prose import mark_prose


def prose(longest: int, distinct: int, records: int, type: str = "text") -> bool:
    column = Column(name="a", title="a", type=type)  # type: ignore[arg-type]
    profile = ColumnProfile(name="a", type=type, nulls=0, distinct=distinct, longest=longest)  # type: ignore[arg-type]
    (marked,) = mark_prose((column,), (profile,), records)
    return marked.prose


def test_descriptions_are_prose_and_codes_are_not() -> None:
    assert prose(longest=300, distinct=9_000, records=10_000)
    assert not prose(longest=20, distinct=10_000, records=10_000)
    assert not prose(longest=300, distinct=40, records=10_000)
    assert not prose(longest=300, distinct=90, records=100)
    assert not prose(longest=300, distinct=10_000, records=10_000, type="decimal")
