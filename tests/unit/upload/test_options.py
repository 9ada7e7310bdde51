"""What the user says about an upload: read, or refused with a sentence that names the option."""

from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from backbone.errors import BadRequest
from backbone.lifecycle.reject_limit import rejects_allowed
from rowmill import UploadOptions as ClientOptions
from services.describe_options import describe_options
from services.upload.api.describe import option_schemas
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
        {"key": "sku", "mode": "append"},
        {"delimiter": "ab"},
        {"delimiter": ""},
        {"skip": "-1"},
        {"skip": "10001"},
        {"skip": "two"},
        {"header": "perhaps"},
        {"hold": ""},
        {"encoding": "klingon"},
        {"max_rejects": "101%"},
        {"types": "price:money"},
        {"dataset": "Not A Name"},
        {"file_name": ""},
        {"names": "a,,a"},
        {"names": "a,a"},
        {"columns": "some"},
        {"missing": "drop"},
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(BadRequest) as refused:
        read_options(given)
    assert next(iter(given)) in refused.value.detail or given.get("mode", "-") in refused.value.detail or "dataset" in refused.value.detail


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        *(("delimiter", text, "\t") for text in ("tab", "TAB", "\\t", "\t")),
        ("delimiter", "comma", ","),
        ("delimiter", "semicolon", ";"),
        ("delimiter", "pipe", "|"),
        ("delimiter", "space", " "),
        ("quote", "none", ""),
        ("quote", "single", "'"),
        ("escape", "backslash", "\\"),
        *(("header", text, True) for text in ("true", "yes", "1", "on", "present", "Yes")),
        *(("header", text, False) for text in ("false", "no", "0", "off", "absent", "FALSE")),
        ("hold", "yes", True),
        ("mode", "Replace", "replace"),
        ("ragged", "REJECT", "reject"),
        ("skip", " 3 ", 3),
    ],
)
def test_values_as_people_write_them(name: str, text: str, value: Any) -> None:
    assert getattr(read_options({name: text}), name) == value


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"delimeter": ";"}, "delimiter"),
        ({"Header": "no"}, "Did you mean header?"),
        ({"mode": "insert"}, "append, upsert, replace, update and delete"),
        ({"mode": "insert"}, "Did you mean append?"),
        ({"mode": "replcae"}, "Did you mean replace?"),
        ({"ragged": "drop"}, "fill or reject"),
        ({"header": "perhaps"}, "yes/no"),
        ({"delimiter": "tabb"}, "tab, \\t, comma"),
        ({"on_warning": "held"}, "Did you mean hold?"),
    ],
    ids=str,
)
def test_a_refusal_says_what_there_is_and_what_is_near(given: dict[str, str], words: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read_options(given)
    assert words in refused.value.detail


def test_openapi_knows_the_types_of_options() -> None:
    schemas = option_schemas()
    assert (schemas["mode"]["enum"], schemas["mode"]["default"]) == (["append", "delete", "replace", "update", "upsert"], "append")
    assert schemas["header"]["type"] == "boolean"
    assert (schemas["skip"]["type"], schemas["skip"]["minimum"]) == ("integer", 0)
    assert all(option["description"] for option in schemas.values())


def test_the_client_knows_the_same_options() -> None:
    theirs = get_type_hints(ClientOptions)
    schemas = option_schemas()
    assert theirs.keys() == schemas.keys()
    for name, schema in schemas.items():
        if "enum" in schema:
            assert sorted(get_args(theirs[name])) == sorted(schema["enum"]), name


def test_the_page_of_options_is_current() -> None:
    page = Path(__file__).parents[3] / "docs" / "options.md"
    assert page.read_text() == describe_options(), "options have changed: run `python -m services.describe_options > docs/options.md`"


def test_limits_of_rejects() -> None:
    assert rejects_allowed("", 100) is None
    assert rejects_allowed("10", 100) == 10
    assert rejects_allowed("0.5%", 1000) == 5
    assert rejects_allowed("0", 7) == 0
