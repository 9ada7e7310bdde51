"""Columns of codes, by their first values."""

import pytest

from services.upload.scan.codes import mark_codes
from services.upload.scan.options import ScanOptions
from services.upload.scan.scanner import Scanner


@pytest.mark.parametrize(
    ("values", "is_of_codes"),
    [
        (("AB-12", "AB-13", "C7"), True),
        (("AB-12", "AB", "13"), True),
        (("AB-12", "AB-13", "out of stock"), False),
        (("red", "green", "blue"), False),
        (("030-12345", "040-1", "89/12"), False),
        (("anna.smith7@example.com", "b@example.com", "c@example.com"), False),
    ],
)
def test_codes_are_known_by_the_first_values(values: tuple[str, ...], is_of_codes: bool) -> None:
    scanner = Scanner(ScanOptions())
    scanner.feed("\n".join(("a,b", *(f"{value},x" for value in values), "")).encode())
    scan = scanner.finish()
    marked, _ = mark_codes(scan.columns, scan.profile)
    assert marked.codes is is_of_codes
