"""Other forms of a word: found from each other, in the languages that are known, and nothing of another word."""

import pytest

from backbone.query.stems import LANGUAGES, forms_of


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("english", "teapot teapots"),
        ("english", "run runs running"),
        ("english", "city cities"),
        ("english", "box boxes boxed"),
        ("english", "hope hopes hoped hoping"),
        ("english", "stop stops stopped stopping"),
        ("english", "quick quickly"),
        ("german", "schuh schuhe schuhen schuhs"),
        ("german", "haus hauser hausern hauses"),
        ("french", "chaussure chaussures"),
        ("french", "grand grande grands grandes"),
        ("spanish", "zapato zapatos"),
        ("spanish", "rojo roja rojos rojas"),
        ("italian", "scarpa scarpe"),
        ("portuguese", "sapato sapatos"),
        ("dutch", "boot boten"),
        ("dutch", "schoen schoenen"),
        ("swedish", "bil bilar bilen bilarna"),
        ("danish", "hus huset husene"),
        ("norwegian", "bil biler bilen bilene"),
        ("finnish", "talo talon talossa"),
        ("russian", "красный красная красные красного красными"),
    ],
)
def test_forms_find_each_other(language: str, forms: str) -> None:
    for word in forms.split():
        assert set(forms.split()) - {word} <= set(forms_of(word, language)), word


@pytest.mark.parametrize(("word", "other"), [("teapot", "tea"), ("new", "news"), ("cat", "category"), ("mug", "mugging")])
def test_other_words_are_no_forms(word: str, other: str) -> None:
    is_form = other in forms_of(word, "english")
    assert is_form == (word == "mug")  # which snowball cannot know


@pytest.mark.parametrize("word", ["ab", "12345", "ab1234", "x" * 41, ""])
def test_codes_have_no_forms(word: str) -> None:
    assert all(forms_of(word, language) == () for language in (*LANGUAGES, "klingon"))
