"""What a consumer has of one partition: taken, done, committed. Pure; the offset only ever moves past what is done without a gap."""

from collections import OrderedDict


class Progress:
    """`position` is the next offset to take, `committed` what the log knows, `boundary` what it may know.

    `turn` is when the partition was last taken from, on a clock of takes, so that partitions can be served in turns.
    """

    def __init__(self, committed: int) -> None:
        self.position = committed
        self.committed = committed
        self.turn = 0
        self._open: OrderedDict[int, bool] = OrderedDict()  # taken, from the oldest that is not done on

    def take(self, offset: int) -> bool:
        """False for an offset that was taken before."""
        if offset < self.position:
            return False
        self._open[offset] = False
        self.position = offset + 1
        return True

    def finish(self, offset: int) -> None:
        """An offset that is not open was finished before, or taken by an earlier owner: nothing to do."""
        if offset in self._open:
            self._open[offset] = True
        while self._open and self._open[next(iter(self._open))]:
            self._open.popitem(last=False)

    @property
    def boundary(self) -> int:
        """One past the last offset before which all is done."""
        return next(iter(self._open), self.position)

    @property
    def dirty(self) -> bool:
        return self.boundary > self.committed

    @property
    def in_hand(self) -> int:
        """How many are taken and not done. Those done behind a gap count as well, their offset cannot be committed yet."""
        return len(self._open)
