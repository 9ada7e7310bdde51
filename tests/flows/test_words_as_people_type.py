"""What people type, over HTTP, in both homes: codes in other spellings, other alphabets, joined and parted words, and titles before all else."""

import csv
import io

from tests.flows.pods import Rowmill

NAMES = (
    *(
        "USB-C cable",
        "AB-1234 valve",
        "wi-fi router",
        "O'Brien",
        "L'été des fleurs",
        "rock'n'roll",
        "iPhone15",
        "1.5kg sugar",
        "node.js guide",
    ),
    *(
        "foo_bar",
        "v2.0.1",
        "price 12.50",
        "Müller",
        "Größe",
        "ภาษาไทย",
        "c++ primer",
        "c# primer",
        "c primer",
        "apfel",
        "zebra",
        "Äpfel",
        "日本語入門",
    ),
)
FOUND = {
    "usbc": {"USB-C cable"},
    "usb c": {"USB-C cable"},
    "AB1234": {"AB-1234 valve"},
    "ab 1234": {"AB-1234 valve"},
    "wifi": {"wi-fi router"},
    "wi-fi": {"wi-fi router"},
    "obrien": {"O'Brien"},
    "Brien": {"O'Brien"},
    "O’Brien": {"O'Brien"},
    "été": {"L'été des fleurs"},
    "ete": {"L'été des fleurs"},
    "rock": {"rock'n'roll"},
    "iphone 15": {"iPhone15"},
    "iphone15": {"iPhone15"},
    "1.5 kg": {"1.5kg sugar"},
    "node": {"node.js guide"},
    "foo": {"foo_bar"},
    "2.0.1": {"v2.0.1"},
    "12.5": {"price 12.50"},
    "mueller": {"Müller"},
    "muller": {"Müller"},
    "groesse": {"Größe"},
    "grosse": {"Größe"},
    "ไทย": {"ภาษาไทย"},
    "本語": {"日本語入門"},
    "c++": {"c++ primer"},
    "c#": {"c# primer"},
    "c": {"c++ primer", "c# primer", "c primer", "USB-C cable"},
    "primer AND NOT c++": {"c# primer", "c primer"},
    "name:primer NOT c#": {"c++ primer", "c primer"},
}


def loaded(rowmill: Rowmill, dataset: str, header: list[str], records: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([header, *records])
    rowmill.load(text.getvalue().encode(), dataset=dataset, mode="replace", language="none")
    return dataset


def names(rowmill: Rowmill, dataset: str, **parameters: str) -> list[str]:
    return [row["values"]["name"] for row in rowmill.rows(dataset, limit="100", **parameters)["rows"]]


def test_words_are_found_as_they_are_typed(rowmill: Rowmill) -> None:
    dataset = loaded(rowmill, "as-typed", ["name", "n"], [[name, str(number)] for number, name in enumerate(NAMES)])
    assert {q: set(names(rowmill, dataset, q=q)) for q in FOUND} == FOUND
    with rowmill.readers as http:
        for q, expected in FOUND.items():
            exported = http.get(f"/api/datasets/{dataset}/export", params={"q": q, "format": "ndjson"}).text.splitlines()
            assert len(exported) == len(expected), q
    assert set(names(rowmill, dataset, filter="name:contains:ÉTÉ")) == {"L'été des fleurs"}
    assert names(rowmill, dataset, filter="name:in:apfel,zebra,Äpfel", sort="name") == ["apfel", "Äpfel", "zebra"]


def test_the_title_itself_comes_before_all_that_only_speak_of_it(rowmill: Rowmill) -> None:
    spoken_of = [[f"Lid {number}", "For a teapot, or the teapot of a friend: teapot, teapot"] for number in range(200)]
    dataset = loaded(rowmill, "titles-first", ["name", "description"], [*spoken_of, ["Teapot", "Blue"], ["Teapot, large", "Red"]])
    assert names(rowmill, dataset, q="teapot")[:2] == ["Teapot", "Teapot, large"]


def test_the_words_of_a_very_long_cell_are_found_to_its_end(rowmill: Rowmill) -> None:
    long = "straw " * 40_000
    dataset = loaded(
        rowmill, "haystack", ["id", "text", "name"], [["1", f"{long}needle", "long"], ["2", long, "longer"], ["3", "", "short"]]
    )
    assert names(rowmill, dataset, q="needle") == ["long"]
    assert names(rowmill, dataset, q="straw -needle") == ["longer"]


def test_a_beginning_of_a_word_finds_all_however_many(rowmill: Rowmill) -> None:
    dataset = loaded(rowmill, "many-codes", ["name"], [[f"XK-{number}"] for number in range(10_000, 13_000)])
    asked = {"q": "XK-1*", "total": "exact"}
    assert rowmill.rows(dataset, **asked)["total"] == {"value": 3_000, "relation": "eq"}
    with rowmill.readers as http:
        (group,) = http.get(f"/api/datasets/{dataset}/groups", params={"q": "XK-1*"}).json()["groups"]
        exported = http.get(f"/api/datasets/{dataset}/export", params={"q": "XK-1*", "format": "ndjson"}).text
    assert (group["count"], len(exported.splitlines())) == (3_000, 3_000)
