"""`CafÃ©` in a file is told; what merely resembles it is not."""

import pytest

from backbone.findings import Finding
from services.upload.scan.options import ScanOptions
from services.upload.scan.preview import preview
from services.upload.scan.scanner import Scanner


def twice(text: str) -> str:
    return text.encode().decode("cp1252", "replace")


def found(content: bytes, block: int = 1 << 20) -> list[Finding]:
    scanner = Scanner(ScanOptions())
    for begin in range(0, len(content), block):
        scanner.feed(content[begin : begin + block])
    return [finding for finding in scanner.finish().findings if finding.code == "encoded-twice"]


@pytest.mark.parametrize(
    "word",
    ["Café", "Müller", "Straße", "Größe", "Élan vital", "à la carte", "5 °C", "£5", "“so”", "it’s", "Иван Петров", "Ångström", "São Paulo"],
)
def test_a_word_that_was_encoded_twice_is_told(word: str) -> None:
    (finding,) = found(f"id,name\n1,{twice(word)}\n2,plain\n".encode())
    assert finding.level == "warning" and finding.count >= 1
    assert finding.places[0].text in twice(word)


def test_it_shows_what_was_meant_and_counts() -> None:
    content = "id,name\n" + "".join(f"{n},{twice('Café')}\n" for n in range(50)) + "51,Café\n"
    (finding,) = found(content.encode())
    assert "'CafÃ©' may be 'Café'" in finding.message
    assert finding.count == 50


@pytest.mark.parametrize("block", [1, 2, 3, 5, 7, 64, 100])
@pytest.mark.parametrize("word", ["Café", "Élan", "Иван", "“so”"])
def test_no_border_of_blocks_hides_or_doubles_one(block: int, word: str) -> None:
    content = f"id,name\n{'1,plain' * 10}\n1,{twice(word)}x\n2,IRMÃ®\n3,{twice(word)}".encode()
    (whole,), (parted,) = found(content), found(content, block)
    assert parted.count == whole.count


def test_utf_8_that_is_said_to_be_windows_1252_is_told() -> None:
    content = "id,name\n1,Café\n2,Zoë\n".encode()
    seen = preview(content, ScanOptions(), whole=True, encoding="windows-1252")
    assert [finding.level for finding in seen.findings if finding.code == "encoded-twice"] == ["warning"]
    plain = preview(content, ScanOptions(), whole=True)
    assert not [finding for finding in plain.findings if finding.code == "encoded-twice"]


@pytest.mark.parametrize(
    "text",
    [
        "IRMÃ®",
        "«IRMû",
        "SÃO JOÃO",
        "NÃO – JÁ",
        "ÂGE",
        "Ñandú",
        "ÐÓRA",
        "Ã",
        "â",
        "à € 5",
        "CAFÉ®",
        "crème brûlée",
        "Øre: 5 ½",
        "château – parc",
        "EMBALAÇÃO…",
        "ĐÃ…",
        "“ĐÃ”",
        "VŨ NHÃ®",
    ],
)
def test_what_merely_resembles_it_is_not(text: str) -> None:
    assert found(f"id,name\n1,{text}\n2,plain\n".encode()) == []
