"""Cursors: what was put in comes back; anything changed, or of another search, is refused with a sentence."""

import msgspec
import pytest

from backbone.errors import BadRequest
from backbone.model import Column, Table
from services.query.search.cursors import Cursor, check_ranking, decode_cursor, encode_cursor, fingerprint, ranking_of

KEY = b"key"
SEARCH = fingerprint("red shoes", ["price:lt:10"], "-price")
CURSOR = Cursor(3, ("1.10", 2.5, None, True, 12884901894))
TOKEN = encode_cursor(KEY, dataset="products", search=SEARCH, cursor=CURSOR)


def test_there_and_back() -> None:
    assert decode_cursor(KEY, TOKEN, dataset="products", search=SEARCH) == CURSOR
    back = Cursor(3, (5,), backward=True)
    assert decode_cursor(KEY, encode_cursor(KEY, dataset="d", search="s", cursor=back), dataset="d", search="s") == back


def test_another_ranking_is_refused() -> None:
    column = Column(name="name", title="Name", type="text")
    table, other = (Table(id=1, columns=(msgspec.structs.replace(column, weight=weight),)) for weight in (8, 2))
    check_ranking(Cursor(1, (8, 1), ranking=ranking_of(table)), table)
    check_ranking(Cursor(1, ("a", 1)), table)
    with pytest.raises(BadRequest, match="weights"):
        check_ranking(Cursor(1, (8, 1), ranking=ranking_of(table)), other)
    with pytest.raises(BadRequest, match="more of its words"):
        check_ranking(Cursor(1, (8, 1), ranking=ranking_of(table, typos_within=50_000)), table, typos_within=None)


def test_searches_differ_in_their_fingerprints() -> None:
    searches = [("red", [], ""), ("red", ["a:eq:b"], ""), ("red", [], "a"), ("", ["red"], ""), ("red", ["a:eq:b", "c:eq:d"], "")]
    assert len({fingerprint(*search) for search in searches}) == len(searches)


@pytest.mark.parametrize("token", ["", "x", TOKEN[:-1], "A" + TOKEN[1:], TOKEN + "A", "é"])
def test_a_changed_cursor_is_refused(token: str) -> None:
    with pytest.raises(BadRequest, match="changed"):
        decode_cursor(KEY, token, dataset="products", search=SEARCH)


def test_another_key_dataset_or_search_is_named() -> None:
    with pytest.raises(BadRequest, match="not made here"):
        decode_cursor(b"other", TOKEN, dataset="products", search=SEARCH)
    with pytest.raises(BadRequest, match="dataset products, not orders"):
        decode_cursor(KEY, TOKEN, dataset="orders", search=SEARCH)
    with pytest.raises(BadRequest, match="another search"):
        decode_cursor(KEY, TOKEN, dataset="products", search=fingerprint("blue", [], ""))
