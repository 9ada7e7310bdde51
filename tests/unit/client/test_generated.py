"""What is committed of the client is what `make client` gives: the sync client is the async one, and its options are the API's."""

from pathlib import Path
from typing import get_type_hints

import pytest

import rowmill
from rowmill.options import OPTIONS, UploadOptions
from tools.generate_client import generate

GENERATED = generate()


@pytest.mark.parametrize("name", sorted(GENERATED))
def test_the_committed_text_is_what_generation_gives(name: str) -> None:
    committed = (Path(rowmill.__file__).parent / name).read_text()
    assert committed == GENERATED[name], "run `make client` and commit what it writes"


def test_nothing_of_the_async_client_is_left_in_the_sync_one() -> None:
    assert not [
        word
        for word in ("async", "await", "Async", "aread", "asleep", "ablocks")
        if f"{word} " in GENERATED["client.py"].partition("\n")[2]
    ]


def test_every_option_has_a_type_and_a_sentence() -> None:
    assert set(get_type_hints(UploadOptions)) == set(OPTIONS)
    assert all(OPTIONS.values())
