"""Cursors: what was put in comes back; anything changed, or of another search, is refused with a sentence."""

import pytest

from backbone.errors import BadRequest
from services.query.search.cursors import Cursor, decode_cursor, encode_cursor, fingerprint

KEY = b"key"
SEARCH = fingerprint("red shoes", ["price:lt:10"], "-price")
CURSOR = Cursor(3, ("1.10", 2.5, None, True, 12884901894))
TOKEN = encode_cursor(KEY, dataset="products", search=SEARCH, cursor=CURSOR)


def test_there_and_back() -> None:
    assert decode_cursor(KEY, TOKEN, dataset="products", search=SEARCH) == CURSOR
    back = Cursor(3, (5,), backward=True)
    assert decode_cursor(KEY, encode_cursor(KEY, dataset="d", search="s", cursor=back), dataset="d", search="s") == back


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
