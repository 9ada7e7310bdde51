"""When a webhook is tried again."""

from services.upload.webhooks.tries import STEPS_S, TRIED_FOR_S, again_in_s


def test_tries_grow_rarer_and_end_after_a_day() -> None:
    age_s, tries = 0.0, 0
    while (wait_s := again_in_s(tries + 1, age_s, None)) is not None:
        age_s, tries = age_s + wait_s, tries + 1
    assert 9 <= tries <= 20
    assert TRIED_FOR_S <= age_s <= TRIED_FOR_S + STEPS_S[-1]


def test_the_receivers_word_is_kept_within_the_day() -> None:
    assert (again_in_s(1, 0, 60.0) or 0) >= 60
    assert (again_in_s(1, TRIED_FOR_S - 100, 10_000.0) or 0) <= 100
    assert again_in_s(1, TRIED_FOR_S, 1.0) is None
