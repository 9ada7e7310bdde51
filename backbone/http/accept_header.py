"""What a client says it takes, by `Accept` or `Accept-Encoding` (RFC 9110, 12.5). Pure."""

from collections.abc import Sequence
from typing import Final

from backbone.errors import NotAcceptable

_ANY: Final = "*/*"


def accept_weights(header: str) -> dict[str, float]:
    """Of each range or coding in the header, in lower case, how much it is liked: 0 (not at all) to 1. What cannot be read counts as 1."""
    weights: dict[str, float] = {}
    for part in header.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        if name:
            weights[name] = min((_weight(parameter) for parameter in parameters), default=1.0)
    return weights


def _weight(parameter: str) -> float:
    name, _, value = parameter.replace(" ", "").partition("=")
    if name != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 1.0


def liked_type(header: str, offered: Sequence[str]) -> str:
    """The media type that the client likes best; of those it likes as well as each other the first that is offered, as where it says nothing.
    Raises `NotAcceptable`."""
    weights = accept_weights(header) or {_ANY: 1.0}
    liked = {type: _of_type(type, weights) for type in offered}
    best = max(liked, key=lambda type: liked[type])
    if liked[best] <= 0:
        raise NotAcceptable("not-acceptable", f"Accept: {header[:200]} takes none of what there is here: {', '.join(offered)}.")
    return best


def _of_type(type: str, weights: dict[str, float]) -> float:
    """By the range that tells most of it."""
    family = f"{type.partition('/')[0]}/*"
    return next((weights[name] for name in (type, family, _ANY) if name in weights), 0.0)
