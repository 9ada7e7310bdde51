"""Tokens: what was sealed comes back; anything else does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.errors import BadRequest
from backbone.runtime.signed_tokens import seal, unseal

KEY = b"key"
VALUES = st.recursive(st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(), lambda inner: st.lists(inner, max_size=3))


@given(VALUES, st.lists(st.text(), max_size=3))
def test_what_was_sealed_comes_back(value: object, bound: list[str]) -> None:
    assert unseal(KEY, bound, seal(KEY, bound, value)) == value


@given(st.data())
def test_a_changed_token_is_refused(data: st.DataObject) -> None:
    token = seal(KEY, ["rows"], [1, "x"])
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("ABCXYZabcxyz0189-_").filter(lambda letter: letter != token[place]))
    with pytest.raises(BadRequest):
        unseal(KEY, ["rows"], token[:place] + other + token[place + 1 :])


@given(st.text())
def test_any_text_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        unseal(KEY, [], text)


def test_a_token_of_something_else_is_refused() -> None:
    token = seal(KEY, ["rows", "products"], 1)
    for bound, key in ((["rows", "orders"], KEY), (["rows", "products"], b"other")):
        with pytest.raises(BadRequest):
            unseal(key, bound, token)
