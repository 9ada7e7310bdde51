"""An error that a person can act on is one sentence on stderr and an end with 1, not a traceback."""

import functools
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from backbone.errors import DiskFull, Rejected, Unavailable

P = ParamSpec("P")
T = TypeVar("T")


def one_sentence(command: Callable[P, T]) -> Callable[P, T]:
    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return command(*args, **kwargs)
        except DiskFull as error:
            sys.exit(f"{error.advice} ({error.detail})")
        except (Rejected, Unavailable) as error:
            sys.exit(error.detail)

    return run
