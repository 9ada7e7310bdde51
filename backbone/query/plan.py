"""A query made ready for a table: which tokens are looked for in which field, and what each finding is worth. Pure; both homes carry it out.

The score of a row is a function of the row and the query alone: for each word the best of its rungs that the row has, added up, and a bonus
where the words stand in a column as they stand in the query. All numbers are small integers, so sums are exact in every engine.
"""

from msgspec import Struct

from backbone.model import Table
from backbone.query.ast import All, Node, Not, Phrase, Word
from backbone.query.fields import Field, search_fields
from backbone.query.words import compound_of, folded_words, former_words, signed_word, umlauts_written_out

# What a finding is worth, times the weight of its field.
WHOLE, EXACT, PREFIX, STEM, TYPO = 12, 8, 6, 4, 2
BONUS_WHOLE, BONUS_PHRASE = 8, 4


class Needle(Struct, frozen=True):
    """Tokens that follow each other; with `prefix` the last (and only one) may go on."""

    tokens: tuple[str, ...]
    prefix: bool = False


class Whole(Struct, frozen=True):
    """The value is this text, but for the case of ASCII letters."""

    text: str


class Rung(Struct, frozen=True):
    """A row that has one of the needles in the field, or is `whole` there, is worth `score`."""

    score: int
    field: Field
    needles: tuple[Needle, ...] = ()
    whole: Whole | None = None


class Leaf(Struct, frozen=True):
    """True of a row that has a rung; worth the highest. Highest first. `is_anywhere`: every column of the table is looked into."""

    rungs: tuple[Rung, ...]
    is_anywhere: bool = True


class Both(Struct, frozen=True):
    """All must be true; worth their sum, and the sum of the bonuses that the row has."""

    parts: "tuple[Plan, ...]"
    bonuses: tuple[Leaf, ...] = ()


class Either(Struct, frozen=True):
    """One must be true; worth the sum of those that are."""

    parts: "tuple[Plan, ...]"


class Without(Struct, frozen=True):
    """True of rows of which the part is not; worth nothing."""

    part: "Plan"


Plan = Leaf | Both | Either | Without


def make_plan(node: Node, table: Table) -> Plan:
    return _planned(node, search_fields(table))


def _planned(node: Node, fields: tuple[Field, ...]) -> Plan:
    if isinstance(node, Word):
        return _word(node, fields)
    if isinstance(node, Phrase):
        return _leaf(node.column, fields, node.text, exact=(Needle(tuple(folded_words(node.text))),))
    if isinstance(node, Not):
        return Without(_planned(node.node, fields))
    parts = tuple(_planned(part, fields) for part in node.nodes)
    return Both(parts, _bonuses(node, fields)) if isinstance(node, All) else Either(parts)


def _word(word: Word, fields: tuple[Field, ...]) -> Leaf:
    exact = exact_needles(word.text)
    prefix = (_prefix_needle(word.text),) if word.prefix else ()
    typos = tuple(needle for typo in word.typos for needle in exact_needles(typo))
    stems = tuple(Needle((form,)) for form in word.forms)
    return _leaf(word.column, fields, word.text, exact=exact, prefix=prefix, stems=stems, typos=typos)


def exact_needles(text: str) -> tuple[Needle, ...]:
    """All that is this very word, in the ways in which it is written."""
    signed = signed_word(text)
    if signed is not None:
        return (Needle((signed,)),)
    parts = folded_words(text)
    needles = [Needle(tuple(parts))]
    if (compound := compound_of(text)) is not None:
        needles.append(Needle((compound,)))
    if len(parts) == 1:
        needles += [Needle((word,)) for word in umlauts_written_out(text)]
    if former := former_words(text):
        needles.append(Needle(tuple(former)))
    return tuple(needles)


def _prefix_needle(text: str) -> Needle:
    compound = compound_of(text)
    return Needle((compound or folded_words(text)[-1],), prefix=True)


def _bonuses(node: All, fields: tuple[Field, ...]) -> tuple[Leaf, ...]:
    """For two words or more that are asked for side by side."""
    texts = [part.text for part in node.nodes if isinstance(part, Word) and part.column is None and not part.prefix]
    if len(texts) < 2 or any(signed_word(text) for text in texts):
        return ()
    tokens = tuple(token for text in texts for token in folded_words(text))
    rungs = [Rung(BONUS_PHRASE * field.weight, field, (Needle(tokens),)) for field in fields]
    rungs += [Rung(BONUS_WHOLE * field.weight, field, whole=Whole(" ".join(texts))) for field in fields if field.has_whole_values]
    return (Leaf(_highest_first(rungs)),)


def _looked_into(column: str | None, fields: tuple[Field, ...]) -> tuple[Field, ...]:
    if column is None:
        return fields
    own = next((field for field in fields if field.name == column), None)
    if own is not None:
        return (own,)
    return tuple(_narrowed(field, column) for field in fields if any(each.name == column for each in field.columns))


def _narrowed(field: Field, column: str) -> Field:
    """To one column of the field of many."""
    chosen = tuple(each for each in field.columns if each.name == column)
    return Field(name=field.name, columns=chosen, weight=field.weight, has_whole_values=field.has_whole_values)


def _leaf(
    column: str | None,
    fields: tuple[Field, ...],
    text: str,
    *,
    exact: tuple[Needle, ...],
    prefix: tuple[Needle, ...] = (),
    stems: tuple[Needle, ...] = (),
    typos: tuple[Needle, ...] = (),
) -> Leaf:
    worth = ((EXACT, exact), (PREFIX, prefix), (STEM, stems), (TYPO, typos))
    looked_into = _looked_into(column, fields)
    rungs = [Rung(WHOLE * field.weight, field, whole=Whole(text)) for field in looked_into if field.has_whole_values]
    rungs += [Rung(points * field.weight, field, needles) for field in looked_into for points, needles in worth if needles]
    return Leaf(_highest_first(rungs), is_anywhere=column is None)


def _highest_first(rungs: list[Rung]) -> tuple[Rung, ...]:
    return tuple(sorted(rungs, key=lambda rung: -rung.score))
