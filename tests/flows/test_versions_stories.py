"""Short stories of one dataset, each of which once ended badly: after every step, all that readers can ask agrees with the model."""

from collections.abc import Callable, Iterator

import pytest

from tests.flows.agreeing import agrees
from tests.flows.changing import Changing
from tests.flows.pods import Rowmill
from tests.model import File

A, B, C = (File(("id", "part"), ((number, f"of {name}"), ("9", f"also {name}"))) for number, name in (("1", "A"), ("2", "B"), ("3", "C")))
NEW_A = File(("id", "part", "note"), (("1", "new", "two\nlines"),))
TOO_LONG = File(("id", "part"), (("1", "a"), ("2", "b"), ("1", "a", "too", "many"), ("3", "c")))

Story = Callable[[Changing], Iterator[None]]


def a_failure_after_a_removal(dataset: Changing) -> Iterator[None]:
    """The version that a removal has made is of no upload, but of a table all the same."""
    dataset.load(A)
    dataset.load(B)
    dataset.remove(dataset.model.uploads[0])
    yield
    dataset.fail(dataset.send(TOO_LONG, max_rejects="0"))
    dataset.load(C)  # waits for the cleaning
    yield
    dataset.undo()
    yield
    dataset.hold(dataset.send(A, hold="true"))
    yield
    dataset.discard()
    dataset.load(B)


def two_removals_around_an_upsert(dataset: Changing) -> Iterator[None]:
    """What an upsert has superseded is needed for as long as that can be taken out."""
    dataset.load(C)
    dataset.load(A)
    dataset.load(NEW_A, mode="upsert", key="id")
    for upload in dataset.model.uploads:
        yield
        dataset.remove(upload)


def a_removal_behind_a_replace_that_is_undone(dataset: Changing) -> Iterator[None]:
    dataset.load(A)
    dataset.load(B)
    dataset.load(C, mode="replace")
    dataset.remove(dataset.model.uploads[0])
    yield
    dataset.undo()
    yield
    dataset.load(A)


def removals_behind_a_replace_and_of_it(dataset: Changing) -> Iterator[None]:
    dataset.load(A)
    dataset.load(B)
    dataset.load(C, mode="replace")
    dataset.load(A)
    for place in (0, 1, 0):
        dataset.remove(dataset.model.uploads[place])
        yield


def a_column_that_comes_later(dataset: Changing) -> Iterator[None]:
    dataset.load(A)
    dataset.load(NEW_A, mode="upsert", key="id,part")
    yield
    dataset.remove(dataset.model.uploads[0])


def back_to_an_older_table(dataset: Changing) -> Iterator[None]:
    """What loads there now must not be swept up with what was there before."""
    dataset.load(A)
    for file in (B, C):
        dataset.load(file, mode="replace")
        dataset.undo()
        dataset.load(file)
        yield


STORIES = (
    a_failure_after_a_removal,
    two_removals_around_an_upsert,
    a_removal_behind_a_replace_that_is_undone,
    removals_behind_a_replace_and_of_it,
    a_column_that_comes_later,
    back_to_an_older_table,
)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_a_story_of_versions(small_chunks: Rowmill, story: Story) -> None:
    with Changing.begin(small_chunks, story.__name__[:40].replace("_", "-")) as dataset:
        for _ in story(dataset):
            agrees(dataset)
        agrees(dataset)
    small_chunks.verify(dataset.name)
