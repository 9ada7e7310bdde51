"""Uploads, holds, undos and removals in random order: after each, everything that readers can ask agrees with a model of dicts.

ROWMILL_TEST_MACHINE_EXAMPLES makes it run longer than the few examples of `make test`, with other seeds every time.
"""

import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Final

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from tests.flows.agreeing import agrees, changes_agree, counts_agree
from tests.flows.changing import Changing
from tests.flows.pods import Rowmill
from tests.model import File, Upload
from tests.thorough import THOROUGH

QUICK_EXAMPLES: Final = 8 if THOROUGH else 3
QUICK_STEPS: Final = 14 if THOROUGH else 12
LONG_STEPS: Final = 20
EXAMPLES: Final = int(os.environ.get("ROWMILL_TEST_MACHINE_EXAMPLES", "0"))
MODES: Final = st.sampled_from(("upsert", "upsert", "upsert", "append", "replace"))
KEYS: Final = st.sampled_from(("id", "id,part", "part", ""))  # none: a replace without one
AS_IT_IS: Final = {"delimiter": ",", "quote": '"', "escape": "", "header": "true", "skip": "0"}  # nothing here is about finding out
UNGUARDED: Final = {"max_rejects": "100%", "empty": "true", "shrink": "allow"}  # nor about guards

# Few values, so that keys meet again and rows are equal now and then.
WORDS: Final = ("", "x", "y", "Ünï", "two\nlines", 'say "hi"', "a,b", "日本", "👩‍👩‍👧", " in spaces ", "cr\r\nlf", "x'; --")
CELLS: Final[Mapping[str, st.SearchStrategy[str]]] = {
    "id": st.sampled_from(("1", "2", "3", "3", "4", "")),
    "part": st.sampled_from(("a", "a", "ß", "b\nb", "")),
    "size": st.sampled_from(("", "0", "7", "-12")),
    "note": st.sampled_from(WORDS),
    "extra": st.sampled_from(WORDS),
    "later": st.sampled_from(("", "2026-01-31", "2024-02-29")),
}
OTHERS: Final = ("size", "note", "extra", "later")


@st.composite
def files(draw: st.DrawFn) -> File:
    """`id` and `part` first, then some of the others in any order: columns that are missing, and columns that are new."""
    columns = ("id", "part", *draw(st.lists(st.sampled_from(OTHERS), max_size=3, unique=True)))
    records = st.tuples(*(CELLS[name] for name in columns))
    return File(columns, tuple(draw(st.lists(records, min_size=1, max_size=12))))


class Machine(RuleBasedStateMachine):
    def __init__(self, rowmill: Rowmill) -> None:
        super().__init__()
        self.rowmill = rowmill
        self.closing = ExitStack()
        self.dataset = self.closing.enter_context(Changing.begin(rowmill, "machine"))
        self.model = self.dataset.model
        self.waiting: list[tuple[Upload, bool]] = []  # behind the held one, and whether they will fail
        self.sent: list[File] = []

    # What may happen

    @initialize(file=files())
    def begin(self, file: File) -> None:
        self.load(file, "append", "")

    @rule(file=files(), mode=MODES, key=KEYS)
    def load(self, file: File, mode: str, key: str) -> None:
        self._take(self._send(file, mode, key))

    @rule(file=files(), mode=st.sampled_from(("update", "delete")), key=st.sampled_from(("id", "id,part", "part")), hold=st.booleans())
    @precondition(lambda self: self.model.held is None and self.model.versions)
    def change_rows(self, file: File, mode: str, key: str, hold: bool) -> None:
        """A file of keys has no columns that the dataset does not have. A record of nothing would be a blank line in it."""
        keys = File(file.columns[:2], tuple(record[:2] for record in file.records if any(record[:2])))
        if hold:
            self.hold(keys if mode == "delete" else file, mode, key)
        else:
            self.load(keys if mode == "delete" else file, mode, key)

    @rule(data=st.data(), mode=st.sampled_from(("append", "upsert")), key=KEYS)
    @precondition(lambda self: self.sent)
    def load_a_file_again(self, data: st.DataObject, mode: str, key: str) -> None:
        self.load(data.draw(st.sampled_from(self.sent)), mode, key)

    @rule(file=files(), mode=MODES, key=KEYS)
    def load_what_fails(self, file: File, mode: str, key: str) -> None:
        broken = File(file.columns, (*file.records, ("1", "a", *("too many" for _ in file.columns))))
        self._take(self._send(broken, mode, key, max_rejects="0"), fails=True)

    @rule(file=files(), mode=MODES, key=KEYS)
    @precondition(lambda self: self.model.held is None)
    def hold(self, file: File, mode: str, key: str) -> None:
        upload = self._send(file, mode, key, hold="true")
        found, outcome = self.dataset.hold(upload)
        counts_agree(upload, found, outcome)
        changes_agree(self.dataset, found["version"], outcome)

    @rule()
    @precondition(lambda self: self.model.held is not None)
    def publish(self) -> None:
        self.dataset.publish()
        self._go_on()

    @rule()
    @precondition(lambda self: self.model.held is not None)
    def discard(self) -> None:
        self.dataset.discard()
        self._go_on()

    @rule()
    @precondition(lambda self: self.model.held is None and self.model.versions and self.model.versions[self.model.current].made_by)
    def undo(self) -> None:
        self.dataset.undo()

    @rule(data=st.data())
    @precondition(lambda self: self.model.held is None and self.model.uploads)
    def remove_any(self, data: st.DataObject) -> None:
        self.dataset.remove(data.draw(st.sampled_from(self.model.uploads)))

    # What must be true after each step

    @invariant()
    def all_agrees(self) -> None:
        if self.sent:
            agrees(self.dataset)

    def teardown(self) -> None:
        self.closing.close()
        a_step_failed = sys.exc_info()[0] is not None  # which then says more than what `verify` would find
        if self.sent and not a_step_failed:
            self.rowmill.verify(self.dataset.name)

    def _send(self, file: File, mode: str, key: str, **more: str) -> Upload:
        self.sent.append(file)
        return self.dataset.send(file, mode, {"append": "", "upsert": key or "id"}.get(mode, key), **AS_IT_IS | UNGUARDED | more)

    def _take(self, upload: Upload, *, fails: bool = False) -> None:
        """Uploads behind a held one wait for their turn."""
        if self.model.held is not None:
            assert self.dataset.look(upload)["state"] == "PENDING"
            self.waiting.append((upload, fails))
        elif fails:
            self.dataset.fail(upload)
        else:
            counts_agree(upload, *self.dataset.finish(upload))

    def _go_on(self) -> None:
        for upload, fails in self.waiting:
            self._take(upload, fails=fails)
        self.waiting = []


def profile() -> settings:
    """Quick and the same every time; or long, with new seeds. Nothing is made smaller: each try takes seconds on real servers."""
    common = settings(
        deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=True, phases=(Phase.explicit, Phase.generate)
    )
    if EXAMPLES:
        return settings(common, max_examples=EXAMPLES, stateful_step_count=LONG_STEPS)
    return settings(common, max_examples=QUICK_EXAMPLES, stateful_step_count=QUICK_STEPS, derandomize=True)


def test_versions_agree_with_the_model(small_chunks: Rowmill) -> None:
    run_state_machine_as_test(lambda: Machine(small_chunks), settings=profile())  # type: ignore[arg-type]
