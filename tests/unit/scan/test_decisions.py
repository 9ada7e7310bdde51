"""Right, or told: files whose truth is known. `python -m tests.fuzz_decisions` draws as many as one likes."""

import itertools
from typing import Final

import pytest

from tests.drawn.defects import DEFECTS
from tests.drawn.judge import Judged, judge_defect, judge_seed
from tests.fuzz_decisions import WARNED_SHARE_MAX, report

CORPUS_FILES: Final = 300
RIGHT_SHARE_MIN: Final = 0.99
FILES_PER_DEFECT: Final = 15
ONCE_SILENT: Final = (1491000313, 1491000415, 1491002959, 1492001944, 1700001961, 1700005605, 1800001219)


@pytest.fixture(scope="module")
def corpus() -> list[Judged]:
    return [judge_seed(seed, spoiled=False) for seed in range(CORPUS_FILES)]


def test_dialect_and_header_of_a_corpus(corpus: list[Judged], capsys: pytest.CaptureFixture[str]) -> None:
    share = sum(judged.dialect_is_right is True for judged in corpus) / len(corpus)
    with capsys.disabled():
        print(f"\ndialect and header right in {share:.1%} of {len(corpus)} real-looking files")  # noqa: T201
    assert share >= RIGHT_SHARE_MIN, "".join(report(judged) for judged in corpus if not judged.dialect_is_right)


def test_nothing_of_a_corpus_is_read_wrong_in_silence(corpus: list[Judged]) -> None:
    silent = [judged for judged in corpus if judged.verdict == "silent"]
    assert not silent, "".join(map(report, silent))


def test_well_formed_files_are_hardly_ever_warned_of(corpus: list[Judged]) -> None:
    warned = [judged for judged in corpus if judged.warned]
    assert len(warned) <= WARNED_SHARE_MAX * len(corpus), "".join(map(report, warned))


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_is_read_right_or_told(name: str) -> None:
    drawn = (judged for seed in itertools.count() if (judged := judge_defect(seed, name)))
    silent = [judged for judged in itertools.islice(drawn, FILES_PER_DEFECT) if judged.verdict == "silent" and not judged.is_mistyped]
    assert not silent, "".join(map(report, silent[:3]))


@pytest.mark.parametrize("seed", ONCE_SILENT)
def test_what_was_silent_once_is_told(seed: int) -> None:
    judged = judge_seed(seed)
    assert judged.verdict != "silent", report(judged)
