"""The committed description of the API is the one that the code gives."""

from pathlib import Path

from services.describe_api import describe_api


def test_the_description_is_current() -> None:
    committed = (Path(__file__).parents[2] / "openapi.json").read_bytes()
    assert committed == describe_api(), "the API has changed: run `make openapi`"
