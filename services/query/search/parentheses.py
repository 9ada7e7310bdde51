"""Takes `(…)or(…)`, `(…)and(…)` and `not(…)` apart. Pure. What has not this shape throughout is a filter by itself: titles may begin with a
parenthesis."""

from typing import Final, Literal

from backbone.errors import BadRequest

_WORDS: Final = ("or", "and")

Joined = tuple[Literal["or", "and", "not"], list[str]]


def split_condition(text: str) -> Joined | None:
    """The word, and what stands in each of the parentheses. Raises `BadRequest` where `or` and `and` are mixed without parentheses."""
    negated = text.startswith("not(")
    if not negated and not text.startswith("("):
        return None
    insides: list[str] = []
    words: list[str] = []
    place = len("not") if negated else 0
    while True:
        end = _closing(text, place)
        if end is None:
            return None
        insides.append(text[place + 1 : end])
        place = end + 1
        if place == len(text):
            break
        word = next((word for word in _WORDS if text.startswith(f"{word}(", place)), None)
        if word is None or negated:
            return None
        words.append(word)
        place += len(word)
    if len(set(words)) > 1:
        detail = f"or and and stand beside each other in {text[:200]!r}: put parentheses round what belongs together, ((a)and(b))or(c)."
        raise BadRequest("bad-filter", detail, filter=text[:200])
    return ("not" if negated else "and" if words[:1] == ["and"] else "or"), insides


def _closing(text: str, start: int) -> int | None:
    """The place of the parenthesis that closes the one at `start`; those in quotes are none. Quotes open at the beginning and behind `:`."""
    depth, quoted = 0, False
    for place in range(start, len(text)):
        character = text[place]
        if character == '"':
            quoted = not quoted if quoted else text[place - 1] in '(:,"'
        elif quoted:
            continue
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
            if depth == 0:
                return place
    return None
