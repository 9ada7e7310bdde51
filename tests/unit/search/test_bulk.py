"""Bulk requests: every document and every deletion is an action of its own, its id and its bytes untouched."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from backbone.rows.document_lines import count_lines, document_line, id_lines
from backbone.search.elasticsearch.bulk import bulk_of_deletions, bulk_of_documents

TEXTS = st.text(st.characters(codec="utf-8"))


@given(st.lists(st.tuples(TEXTS, st.dictionaries(TEXTS, TEXTS | st.integers() | st.none())), min_size=1))
def test_a_document_is_an_action_and_its_own_bytes(documents: list[tuple[str, dict[str, object]]]) -> None:
    sources = [msgspec.json.encode(document) for _, document in documents]
    block = b"".join(document_line(id, source) for (id, _), source in zip(documents, sources, strict=True))
    lines = bulk_of_documents(block).split(b"\n")
    assert lines.pop() == b""
    assert [msgspec.json.decode(action) for action in lines[::2]] == [{"index": {"_id": id}} for id, _ in documents]
    assert lines[1::2] == sources
    assert count_lines(block) == len(documents)


@given(st.lists(TEXTS, min_size=1))
def test_an_id_is_a_deletion(ids: list[str]) -> None:
    lines = bulk_of_deletions(id_lines(ids)).split(b"\n")
    assert lines.pop() == b""
    assert [msgspec.json.decode(line) for line in lines] == [{"delete": {"_id": id}} for id in ids]
    assert count_lines(id_lines(ids)) == len(ids)
