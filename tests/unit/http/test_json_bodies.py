"""Bodies of JSON are taken as their description says, and in no other way."""

import pytest
from msgspec import Struct

from backbone.errors import BadRequest
from backbone.http.json_bodies import check_kinds


class Wanted(Struct):
    name: str = ""
    hold: bool = False
    kept: int | None = None


@pytest.mark.parametrize("body", [b'{"hold": 0}', b'{"hold": "true"}', b'{"kept": "7"}', b'{"kept": "null"}'])
def test_a_value_of_another_kind_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequest, match=r"\$\.(hold|kept)"):
        check_kinds(body, Wanted)


@pytest.mark.parametrize("body", [b'{"hold": false, "kept": 7}', b'{"kept": null}', b'{"name": 7}', b"[]"])
def test_what_fits_and_what_the_framework_refuses_itself_goes_on(body: bytes) -> None:
    check_kinds(body, Wanted)
