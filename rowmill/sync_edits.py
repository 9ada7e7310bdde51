"""What the client does with single rows. Generated from `async_edits.py` by `make client`: change that one."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from rowmill import edit_calls
from rowmill.calls import Call, T
from rowmill.edit_calls import Rows
from rowmill.shapes import Upload


class EditMethods(ABC):
    """Each call makes an upload of its rows: `wait` for it, `undo` it. With `version` it happens to that version of the dataset alone; else
    `Problem` of status 412."""

    @abstractmethod
    def _ask(self, call: Call[T]) -> T: ...

    def add_rows(self, dataset: str, rows: Rows, *, key: str | Sequence[str] = (), version: int | None = None) -> Upload:
        """New rows; with `key`, the columns that name a row, those that are there are updated in the columns that are given."""
        return self._ask(edit_calls.edit("POST", dataset, rows, key, version))

    def change_rows(self, dataset: str, rows: Rows, *, key: str | Sequence[str] = (), version: int | None = None) -> Upload:
        """New values in rows that are there, named by the columns of `key` or each by `_row`, its number. What is left out stays."""
        return self._ask(edit_calls.edit("PATCH", dataset, rows, key, version))

    def delete_rows(self, dataset: str, rows: Rows, *, key: str | Sequence[str] = (), version: int | None = None) -> Upload:
        """Rows that are named by the columns of `key`, or each by `_row`."""
        return self._ask(edit_calls.edit("DELETE", dataset, rows, key, version))
