"""`rowmill change`: what is said of a dataset: its name and title, how many versions it keeps, and how it is searched."""

from collections.abc import Iterable
from typing import Annotated, Final

from cyclopts import Parameter

from rowmill.cli.connect import Json, Misused, Url, open_client, pairs
from rowmill.cli.terminal import out, print_json, safe

FOUND: Final = "found"
Weight = Annotated[
    tuple[str, ...],
    Parameter(negative="", help="COLUMN=1 to 10, or COLUMN=found: how much a word found there says of its row. Repeatable."),
]
Guard = Annotated[
    tuple[str, ...],
    Parameter(
        negative="",
        help="max_rejects=5% or on_warning=hold: holds for each of its files, whatever the upload says. All of them; none= for none.",
    ),
]


def change(
    dataset: str,
    *,
    name: Annotated[str | None, Parameter(help="Its new name.")] = None,
    title: str | None = None,
    versions_kept: int | None = None,
    weight: Weight = (),
    language: Annotated[str | None, Parameter(help="In which words are found in their other forms too; none, or found.")] = None,
    guard: Guard = (),
    json: Json = False,
    url: Url = "",
) -> None:
    """Give a dataset another name or title, another number of versions to keep, its columns other weights in searches."""
    weights = dict(_weights(weight)) or None
    guards = dict(pair for pair in pairs(guard).items() if pair[0] != "none") if guard else None
    if all(each is None for each in (name, title, versions_kept, weights, language, guards)):
        raise Misused("change needs something to change: --name, --title, --versions-kept, --weight, --language or --guard.")
    with open_client(url) as client:
        settings = client.change(
            dataset, name=name, title=title, versions_kept=versions_kept, weights=weights, language=language, guards=guards
        )
    if json:
        return print_json([settings])
    weighed = ", ".join(f"{column}={number}" for column, number in settings.weights.items()) or "as found"
    return out().print(safe(f"{settings.name}: {settings.title!r}, {settings.versions_kept} versions kept, weights {weighed}"))


def _weights(texts: Iterable[str]) -> Iterable[tuple[str, int | None]]:
    for column, number in pairs(texts).items():
        if number != FOUND and not number.isdigit():
            raise Misused(f"--weight {column}={number}: write a number from 1 to 10, or {FOUND}.")
        yield column, None if number == FOUND else int(number)
