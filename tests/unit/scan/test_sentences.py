"""The language of a column is that of its sentences, and none where it has no sentences."""

import csv
from pathlib import Path

import pytest

from services.upload.scan.sentences import find_language

SAMPLES = {
    "english": "The teapot is made of iron and it holds two cups. This is what you want for the table, with a lid that does not fall off.",
    "german": "Die Kanne ist aus Eisen und fasst zwei Tassen. Das ist ein Geschenk, das man nicht vergisst, mit einem Deckel, der auch hält.",
    "french": "La théière est en fonte et contient deux tasses. Elle ne se casse pas, et son couvercle est fait pour durer dans le temps.",
    "spanish": "La tetera es de hierro y tiene lugar para dos tazas. No se rompe, y con su tapa es lo que se quiere en una casa para el té.",
    "italian": "La teiera è di ferro e contiene due tazze. Non si rompe, e con il suo coperchio è anche un regalo che dura per una vita.",
    "portuguese": "O bule é de ferro e leva duas xícaras. Não se quebra, e com a sua tampa é um presente para os que gostam do chá da tarde.",
    "dutch": "De theepot is van ijzer en er gaan twee koppen in. Het is een geschenk dat niet stuk gaat, met een deksel die ook op zijn plaats blijft.",
    "swedish": "Kannan är av järn och rymmer två koppar. Det är en gåva som inte går sönder, med ett lock som sitter på plats när man häller.",
    "finnish": "Pannu on rautaa ja siihen mahtuu kaksi kupillista. Se ei mene rikki, ja kansi on niin hyvä että se pysyy kun kaataa. Myös lahjaksi.",
    "russian": "Чайник из чугуна, и в него входит две чашки. Это не просто подарок, а вещь на всю жизнь, с крышкой, которая не падает.",
}


@pytest.mark.parametrize("language", SAMPLES)
def test_sentences_tell_their_language(language: str) -> None:
    assert find_language([SAMPLES[language]]) == language


@pytest.mark.parametrize(
    "values",
    [
        ["Red Shoes", "Blue Shoes", "The Shoe of the Year"] * 10,
        ["vaba-173710 the"] * 30,
        ["lorem ipsum dolor sit amet consectetur adipiscing elit sed do"] * 10,
        ["The teapot is made of iron"],
        [],
        *([text, SAMPLES["german"]] for text in (SAMPLES["english"],)),
    ],
)
def test_no_sentences_or_no_one_language_tell_none(values: list[str]) -> None:
    assert find_language(values) is None


def test_the_sample_of_books_is_mostly_english() -> None:
    with Path("samples/books.csv").open(newline="") as file:
        reviews = [record["Review"] for record in csv.DictReader(file)]
    assert find_language(reviews[:200]) == "english"
