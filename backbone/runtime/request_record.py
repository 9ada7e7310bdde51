"""What is known of the request that is being answered, filled in as it becomes known: its id, its route, who asks.

One value that is changed in place: what stands around the application reads in the end what the application found out in a task of its own.
"""

import re
import secrets
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Final

from msgspec import Struct, field

from backbone.runtime.key_text import PREFIX

ID_CHARACTERS_MAX: Final = 128
_GOOD_ID: Final = re.compile(rf"[A-Za-z0-9._:/+=@-]{{1,{ID_CHARACTERS_MAX}}}")


class RequestRecord(Struct):
    """`route`: the template of the path, without anybody's names; empty: no route. `principal`: the name of whoever asks, as their key
    has it. `object`: the dataset or upload that the path names. `problem`: the code of the problem that is the answer. `is_hidden`: the
    object may be there, and is answered as if it were not. `headers`: further ones of the answer. `on_end`: called when it is sent, or never
    will be."""

    id: str
    route: str = ""
    principal: str = ""
    principal_id: str = ""
    object: str = ""
    problem: str = ""
    is_hidden: bool = False
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    on_end: list[Callable[[], None]] = field(default_factory=list)


_current: ContextVar[RequestRecord | None] = ContextVar("request_record", default=None)


def choose_id(sent: Sequence[str]) -> str:
    """The id that was sent, where it is one and can stand in a log as it is; else one of chance. A key is none, wherever somebody puts it."""
    is_good = len(sent) == 1 and _GOOD_ID.fullmatch(sent[0]) and PREFIX not in sent[0]
    return sent[0] if is_good else secrets.token_hex(16)


def begin_record(record: RequestRecord) -> None:
    _current.set(record)


def request_record() -> RequestRecord | None:
    """None outside of requests."""
    return _current.get()


def request_id() -> str:
    """Of the request that is being answered; empty outside of requests."""
    record = _current.get()
    return "" if record is None else record.id
