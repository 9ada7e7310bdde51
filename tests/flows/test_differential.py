"""A short slice of `make differential`, the same every time: in both homes, every route answers what plain Python does, while a publisher runs."""

import pytest

from tests.differential.story import Story
from tests.flows.pods import Rowmill
from tests.thorough import examples

STEPS, REQUESTS = 4, 15


@pytest.mark.long
@pytest.mark.parametrize("seed", range(examples(8)))
def test_every_route_answers_what_plain_python_does(rowmill: Rowmill, seed: int) -> None:
    Story(rowmill, seed).tell(STEPS, REQUESTS)
