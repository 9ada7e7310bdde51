"""What the user says about an upload: read, or refused with a sentence that names the option."""

import pytest

from backbone.errors import BadRequest
from backbone.lifecycle.reject_limit import rejects_allowed
from services.upload.options import read_options


def test_what_is_not_said_is_found_out() -> None:
    options = read_options({"file_name": "Price List 2026.csv.gz", "header": "false", "skip": "2"})
    assert (options.dataset_name, options.header, options.skip, options.delimiter) == ("price-list-2026", False, 2, None)


@pytest.mark.parametrize(
    "given",
    [
        {"colour": "red"},
        {"mode": "merge"},
        {"mode": "upsert"},
        {"key": "sku"},
        {"delimiter": "ab"},
        {"delimiter": ""},
        {"skip": "-1"},
        {"header": "perhaps"},
        {"encoding": "klingon"},
        {"max_rejects": "101%"},
        {"types": "price:money"},
        {"dataset": "Not A Name"},
        {"file_name": ""},
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(BadRequest) as refused:
        read_options(given)
    assert next(iter(given)) in refused.value.detail or given.get("mode", "-") in refused.value.detail or "dataset" in refused.value.detail


def test_limits_of_rejects() -> None:
    assert rejects_allowed("", 100) is None
    assert rejects_allowed("10", 100) == 10
    assert rejects_allowed("0.5%", 1000) == 5
    assert rejects_allowed("0", 7) == 0
