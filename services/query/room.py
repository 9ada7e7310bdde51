"""How many exports one process has under way: each holds a connection for as long as its reader takes, and other readers need some too."""

from collections.abc import AsyncIterator

from backbone.errors import Busy


class Room:
    """`places` at once; whoever comes to a full room is told so. Nobody waits: a slow reader may hold a place for long."""

    def __init__(self, places: int, what: str) -> None:
        self._places = places
        self._what = what
        self.taken = 0

    async def hold(self, blocks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The blocks, with a place taken until the last of them, or until the reader is gone. Raises `Busy` before the first."""
        if self.taken >= self._places:
            raise Busy(
                "too-many-exports", f"{self.taken} {self._what} are under way here, as many as one process does at once. Try again later."
            )
        self.taken += 1
        try:
            async for block in blocks:
                yield block
        finally:
            self.taken -= 1
