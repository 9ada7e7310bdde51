"""Names of datasets: letters of any script, and different files are different datasets."""

import pytest

from backbone.catalog.dataset_names import check_dataset_name, name_from_file
from backbone.errors import BadRequest


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("Price List 2026.csv.gz", "price-list-2026"),
        ("日本.csv", "日本"),
        ("中国.csv", "中国"),
        ("Отчёт.csv", "отчёт"),
        ("Отче\u0308т.CSV", "отчёт"),
        ("Größe.tsv", "größe"),
        ("Report v1.2.csv", "report-v1-2"),
        ("Report v1.3.csv", "report-v1-3"),
        ("रिपोर्ट.txt", "रिपोर्ट"),
        ("C:\\data\\sales_2026.csv.zip", "sales_2026"),
        ("x" * 100 + ".csv", "x" * 60),
        (".csv", "csv"),
    ],
)
def test_named_after_the_file(file: str, name: str) -> None:
    assert name_from_file(file) == name == check_dataset_name(name)


@pytest.mark.parametrize("file", ["%.csv", "---.csv", "❤️.csv"])
def test_where_nothing_is_left_a_name_is_asked_for(file: str) -> None:
    with pytest.raises(BadRequest) as refused:
        name_from_file(file)
    assert "dataset=" in refused.value.detail


@pytest.mark.parametrize("name", ["", "Not A Name", "Отчёт", "a.b", "a/b", "x" * 61, "a\u200bb", "é" * 61])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(BadRequest):
        check_dataset_name(name)
