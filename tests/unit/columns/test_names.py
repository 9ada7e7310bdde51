"""Names of columns: safe wherever they are used, and the same whatever the order of the titles."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backbone.columns.names import RESERVED, clean_name, name_columns
from tests.thorough import examples


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Name", "name"),
        (" Größe (cm) ", "größe_cm"),
        ("Имя клиента", "имя_клиента"),
        ("编号", "编号"),
        ("नाम", "नाम"),
        ("2020", "c_2020"),
        ("Prix €", "prix"),
        ("_row", "row"),
        ("_from", "from"),
        ("xmin", "xmin_column"),
        ("TableOID", "tableoid_column"),
        ("e\u0301tat", "état"),
        ("a\0b", "a_b"),
        ("x" * 80, "x" * 60),
        ("я" * 80, "я" * 30),
        ("%", ""),
        ("❤️", ""),
        ("", ""),
    ],
)
def test_a_title_makes_a_name(title: str, name: str) -> None:
    assert clean_name(title) == name


def names_of(titles: list[str]) -> dict[str, str]:
    return {column.title: column.name for column in name_columns(titles)}


@pytest.mark.parametrize(
    "titles",
    [
        ["Change", "Change %", "%", "€", "$"],
        ["имя", "город"],
        ["编号", "名称", "価格"],
        ["Price", "Price €", "price $"],
        ["x" * 80, "x" * 81, "x" * 60],
        ["id", "ID", "id #"],
    ],
)
def test_no_order_of_titles_changes_their_names(titles: list[str]) -> None:
    names = names_of(titles)
    assert len(set(names.values())) == len(titles)
    for turn in range(len(titles)):
        assert names_of([*titles[turn:], *titles[:turn]]) == names
    assert names_of(titles[::-1]) == names


def test_the_title_that_is_the_name_has_it() -> None:
    assert names_of(["Change %", "Change"])["Change"] == "change"
    assert names_of(["ID", "id", "id #"])["id"] == "id"
    assert names_of(["name", "name 2"]) == {"name": "name", "name 2": "name_2"}
    assert [column.name for column in name_columns(["a", "", "a", ""])] == ["a", "column_2", "a_2", "column_4"]


@settings(max_examples=examples(300), deadline=None)
@given(st.lists(st.text(max_size=70), min_size=1, max_size=10).map(lambda titles: titles * 2))
def test_names_are_safe_and_unique(titles: list[str]) -> None:
    names = [column.name for column in name_columns(titles)]
    assert len(set(names)) == len(names)
    for name in names:
        assert 0 < len(name.encode()) <= 60
        assert name[0].isalpha() and name == name.lower() == unicodedata.normalize("NFC", name) and name not in RESERVED
        assert all(c == "_" or unicodedata.category(c)[0] in "LM" or c.isdecimal() for c in name)


def test_ten_thousand_columns_of_one_name() -> None:
    assert len({column.name for column in name_columns(["same"] * 10_000)}) == 10_000
    of_one_name = [f"same {number:b}".replace("1", "%").replace("0", "#") for number in range(10_000)]
    assert len({column.name for column in name_columns(of_one_name)}) == 10_000
