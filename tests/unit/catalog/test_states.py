"""The states: every one can be reached, and the final ones lead nowhere but to undo and retry."""

from backbone.catalog.states import CHUNK_STEPS, FINAL, UPLOAD_STEPS, may_become


def test_every_state_can_be_reached() -> None:
    seen, edge = {"RECEIVING"}, ["RECEIVING"]
    while edge:
        found = UPLOAD_STEPS[edge.pop()] - seen  # type: ignore[index]
        seen |= found
        edge += found
    assert seen == UPLOAD_STEPS.keys()


def test_final_states_lead_nowhere_but_to_undo_and_retry() -> None:
    by_hand = {("COMPLETE", "UNDONE"), ("FAILED", "PENDING")}
    assert {state for state, steps in UPLOAD_STEPS.items() if all((state, step) in by_hand for step in steps)} == FINAL


def test_may_become_is_the_table_read_backwards() -> None:
    for state, steps in UPLOAD_STEPS.items():
        for step in steps:
            assert state in may_become(step)
    assert all(steps <= CHUNK_STEPS.keys() for steps in CHUNK_STEPS.values())
