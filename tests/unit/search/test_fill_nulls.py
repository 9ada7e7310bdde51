"""Older documents: every column is there, and no digit is touched."""

import msgspec

from backbone.model import Column
from backbone.search.elasticsearch.fill_nulls import fill_nulls

COLUMNS = tuple(Column(name=name, title=name, type="text") for name in ("a", "b", "c"))


def filled(text: bytes) -> bytes:
    return bytes(fill_nulls(msgspec.Raw(text), COLUMNS))


def test_a_whole_document_goes_out_untouched() -> None:
    for text in (b'{"a" : 1.10, "b" : null, "c" : "x"}', b'{"a":1.10,"b":null,"c":"x"}'):
        assert filled(text) == text


def test_an_older_document_gets_nulls() -> None:
    assert filled(b'{"a" : 1.10, "b" : 12345678901234567890}') == b'{"a":1.10,"b":12345678901234567890,"c":null}'


def test_the_name_inside_a_value_is_no_column() -> None:
    assert filled(rb'{"a" : "\"c\" : 1", "b" : "c"}') == rb'{"a":"\"c\" : 1","b":"c","c":null}'
