"""Where a file of a table format waits for its end: its readers want to go to and fro in it. One budget for all such files of a process."""

import tempfile
import threading
from typing import Final

from backbone.errors import Busy, TooLarge

_WAITING: Final = "ROWMILL_SPOOL_BYTES_MAX"


class SpoolBudget:
    """Bytes that all files in the temporary folder may have together."""

    def __init__(self, bytes_max: int) -> None:
        self.bytes_max = bytes_max
        self._used = 0
        self._lock = threading.Lock()

    def take(self, size_bytes: int, own_bytes: int) -> None:
        """`own_bytes`: what the same file has already. Raises TooLarge, Busy."""
        if own_bytes + size_bytes > self.bytes_max:
            detail = (
                f"The file is larger than {self.bytes_max} bytes, as many as may wait in the temporary folder. {_WAITING} raises the limit."
            )
            raise TooLarge("file-too-large", detail)
        with self._lock:
            if self._used + size_bytes > self.bytes_max:
                detail = f"Other workbooks, Parquet and JSON files take up the {self.bytes_max} bytes of the temporary folder ({_WAITING}). Try again."
                raise Busy("too-many-uploads", detail)
            self._used += size_bytes

    def give_back(self, size_bytes: int) -> None:
        with self._lock:
            self._used -= size_bytes


class Spool:
    """One file. Closing it removes it."""

    def __init__(self, budget: SpoolBudget, file_bytes_max: int, too_large: str) -> None:
        """`too_large`: the sentence for a file beyond its own limit."""
        self._budget = budget
        self._bytes_max = file_bytes_max
        self._too_large = too_large
        self._file = tempfile.NamedTemporaryFile(prefix="rowmill-table-")  # noqa: SIM115 -- as long as the upload
        self.size_bytes = 0

    @property
    def path(self) -> str:
        return self._file.name

    def write(self, block: bytes) -> None:
        """Raises TooLarge, Busy."""
        if self.size_bytes + len(block) > self._bytes_max:
            raise TooLarge("file-too-large", self._too_large)
        self._budget.take(len(block), self.size_bytes)
        self.size_bytes += len(block)
        self._file.write(block)

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        if not self._file.closed:
            self._file.close()
            self._budget.give_back(self.size_bytes)
