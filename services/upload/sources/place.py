"""What a run knows of a place: what there is to fetch, and how to open one of it."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

from msgspec import Struct

THE_ONE: Final = "-"  # the item of a place that has one only


class Item(Struct, frozen=True):
    """`mark`: by which it is known whether it has changed since; empty: that is known once it is opened, or by its content alone."""

    name: str
    mark: str = ""


class Content(Struct, frozen=True):
    """`mark` as of what is about to come. `format`: what it is, where that need not be found out."""

    blocks: AsyncIterator[bytes]
    mark: str
    file_name: str
    format: str = ""


class Place(Protocol):
    """Raises `Rejected` for what will not go better by itself, `RemoteAway` where it may."""

    def items(self) -> AsyncIterator[Item]: ...

    def open(self, item: Item, known: str | None) -> AbstractAsyncContextManager[Content | None]:
        """`known`: the mark of what was delivered before. None: that is what is there still."""
        ...
