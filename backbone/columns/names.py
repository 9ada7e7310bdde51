"""Makes safe, unique column names out of whatever stands in a header. The header's own text stays as the column's title.

A name depends on the titles beside it, never on their order: where several titles would get the same name, the one that says nothing but
that name keeps it, and each of the others gets a short hash of its title.
"""

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from backbone.model import Column

NAME_BYTES_MAX: Final = 60  # PostgreSQL cuts identifiers at 63
HASH_CHARACTERS: Final = 6
# PostgreSQL's own columns, which no table can have a second time.
RESERVED: Final = frozenset({"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"})
_RESERVED_SUFFIX: Final = "_column"
_VARIATION_SELECTORS: Final = range(0xFE00, 0xFE10)


def name_columns(titles: Iterable[str]) -> tuple[Column, ...]:
    """Columns of type text. A title without a letter or digit is named after its hash; an empty one is called `column_N`."""
    kept = [title.replace("\0", "") for title in titles]
    names = _unique_names(kept)
    return tuple(Column(name=name, title=title, type="text") for name, title in zip(names, kept, strict=True))


def clean_name(title: str) -> str:
    """Lower-case letters of any script, digits and `_`, beginning with a letter, NFC, at most 60 bytes of UTF-8. May be empty."""
    # Lower-casing can undo the composition (`İ`), and composing can bring a capital back: twice is enough for every character.
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", title).lower()).lower()
    name = "_".join(part for part in "".join(c if _is_kept(c) else " " for c in text).split() if any(map(str.isalnum, part)))
    if name and not name[0].isalpha():
        name = f"c_{name}"
    if name in RESERVED:
        name += _RESERVED_SUFFIX
    return _cut(unicodedata.normalize("NFC", name), NAME_BYTES_MAX)


def hashed_name(title: str, taken: Collection[str], occurrence: int = 1) -> str:
    """The name of a title whose own name is taken by another title's column."""
    digest = hashlib.sha256(f"{unicodedata.normalize('NFC', title)}\0{occurrence}".encode("utf-8", "replace")).hexdigest()
    stem = clean_name(title) or "column"
    for length in range(HASH_CHARACTERS, NAME_BYTES_MAX // 2, HASH_CHARACTERS):
        name = f"{_cut(stem, NAME_BYTES_MAX - length - 1)}_{digest[:length]}"
        if name not in taken:
            return name
    raise AssertionError("two titles of one hash")


def occurrences(titles: Sequence[str]) -> list[int]:
    """For each title, the how manieth of its kind it is, from 1."""
    seen: dict[str, int] = {}
    for title in titles:
        seen[title] = seen.get(title, 0) + 1
    counted = dict.fromkeys(seen, 0)
    numbers: list[int] = []
    for title in titles:
        counted[title] += 1
        numbers.append(counted[title])
    return numbers


def _unique_names(titles: Sequence[str]) -> list[str]:
    numbers = occurrences(titles)
    wanted = [_wanted(title, number, index) for index, (title, number) in enumerate(zip(titles, numbers, strict=True), start=1)]
    rivals: dict[str, list[int]] = defaultdict(list)
    for index, name in enumerate(wanted):
        rivals[name].append(index)
    names = {indexes[0]: name for name, indexes in rivals.items() if name and len(indexes) == 1}
    contested = [(name, indexes) for name, indexes in rivals.items() if not name or len(indexes) > 1]
    for name, indexes in contested:
        if (owner := _owner(name, [index for index in indexes if numbers[index] == 1], titles)) is not None:
            names[owner] = name
    taken = set(rivals)  # no hashed name may look like one that a title has by itself
    for index in sorted((index for _, indexes in contested for index in indexes if index not in names), key=lambda index: titles[index]):
        names[index] = hashed_name(titles[index], taken, numbers[index])
        taken.add(names[index])
    return [names[index] for index in range(len(titles))]


def _wanted(title: str, number: int, index: int) -> str:
    name = clean_name(title) or ("" if title.strip() else f"column_{index}")
    if number == 1 or not name or not title.strip():
        return name
    suffix = f"_{number}"
    return _cut(name, NAME_BYTES_MAX - len(suffix)) + suffix


def _owner(name: str, indexes: Sequence[int], titles: Sequence[str]) -> int | None:
    """The one title that is this very name; else the one of which nothing was lost on the way to it but capitals."""
    for spelled in (str, str.lower):
        plain = [index for index in indexes if spelled(unicodedata.normalize("NFC", titles[index].strip())) == name]
        if plain:
            return plain[0] if len(plain) == 1 else None
    return None


def _is_kept(character: str) -> bool:
    category = unicodedata.category(character)
    return (category[0] in "LM" and ord(character) not in _VARIATION_SELECTORS) or category == "Nd"


def _cut(name: str, bytes_max: int) -> str:
    return name.encode()[:bytes_max].decode(errors="ignore").rstrip("_")
