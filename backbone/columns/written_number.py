"""A number of a JSON text, in its own digits. Pure."""


class Number(str):
    """A number as it was written."""

    __slots__ = ()
