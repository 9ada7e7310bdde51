"""A slice of what `python -m tests.fuzz_inputs` draws for minutes: whatever comes in is read or refused, by each parser there is."""

import random

import pytest

from tests.attacks.parsers import PARSERS, fuzz
from tests.thorough import THOROUGH, examples


@pytest.mark.parametrize("name", PARSERS)
def test_whatever_comes_in_is_read_or_refused(name: str) -> None:
    fuzz(name, examples(400), random.randrange(1 << 32) if THOROUGH else 1)  # the same each time: chance is for those who have time to look
