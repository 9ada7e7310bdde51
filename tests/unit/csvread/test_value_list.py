"""Values with commas between them."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.csvread.value_list import split_values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", []),
        (",", ["", ""]),
        ("a,b", ["a", "b"]),
        ('"a,b",c', ["a,b", "c"]),
        ('"say ""hi""",', ['say "hi"', ""]),
        ("a\rb,c\n", ["a\rb", "c\n"]),
        ('"abc', ['"abc']),
        ('"a"b,c', ['"a"b', "c"]),
        ("a" * 200_000, ["a" * 200_000]),
    ],
)
def test_values_are_what_stands_there(text: str, values: list[str]) -> None:
    assert split_values(text) == values


@given(st.lists(st.text(max_size=8), min_size=1))
def test_what_was_put_into_quotes_comes_out_again(values: list[str]) -> None:
    assert split_values(",".join('"{}"'.format(value.replace('"', '""')) for value in values)) == values


@given(st.lists(st.text(st.sampled_from('ab", '), max_size=6), min_size=1))
def test_a_line_of_a_csv_file_is_read_as_one(values: list[str]) -> None:
    if values == [""]:
        return

    class Line:
        text = ""

        def write(self, text: str) -> None:
            self.text += text

    line = Line()
    csv.writer(line, lineterminator="").writerow(values)
    assert split_values(line.text) == values
