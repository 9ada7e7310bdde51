"""Who asks: a value that a request carries along, from the check of its key to the lists that it may see."""

from contextvars import ContextVar
from typing import Final, Literal, get_args

from msgspec import Struct

from backbone.runtime.request_record import request_record

Scope = Literal["read", "upload", "manage", "metrics", "admin"]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
ALL: Final = "*"  # alone: every dataset; behind the beginning of a name: every dataset whose name begins so


class Principal(Struct, frozen=True):
    """`id` is empty where nobody is asked. `datasets`: names, and beginnings of names with `*` behind them."""

    id: str
    name: str
    scopes: tuple[Scope, ...]
    datasets: tuple[str, ...] = (ALL,)

    def may(self, *scopes: Scope) -> bool:
        """Whether one of them is theirs; `admin` is all."""
        return "admin" in self.scopes or any(scope in self.scopes for scope in scopes)

    def owns(self, owner: str) -> bool:
        """Whether what `owner` has begun is theirs to go on with."""
        return owner == self.id or (self.may("admin") and self.sees_all)

    @property
    def sees_all(self) -> bool:
        return ALL in self.datasets

    def sees(self, dataset: str) -> bool:
        return any(dataset.startswith(name[:-1]) if name.endswith(ALL) else dataset == name for name in self.datasets)


EVERYBODY: Final = Principal("", "everybody", ("admin",))  # where nobody is asked who they are
NOBODY: Final = Principal("-", "nobody", (), ())  # who has to say who they are, and has not
_asking: ContextVar[Principal] = ContextVar("principal", default=EVERYBODY)


def asking() -> Principal:
    """Of the request that is being answered; outside of requests everybody."""
    return _asking.get()


def set_asking(principal: Principal) -> None:
    _asking.set(principal)
    if (record := request_record()) is not None:
        record.principal, record.principal_id = principal.name, principal.id
