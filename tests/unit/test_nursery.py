"""What forked processes are given beforehand is there: a name that is none would be passed over without a word, and tests be slow."""

from importlib import import_module

from tests.flows.nursery import PRELOADED


def test_all_of_it_can_be_imported() -> None:
    assert len(PRELOADED) > 5
    for name in PRELOADED:
        import_module(name)
