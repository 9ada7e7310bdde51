"""Files in UTF-16 or UTF-32 by what was stated, which do not say which of the two orders their bytes have."""

from collections.abc import Iterator
from contextlib import contextmanager

from backbone.errors import Rejected


@contextmanager
def unmarked_refused() -> Iterator[None]:
    """Python's decoders of `utf-16` need a byte order mark. Raises `Rejected` where there is none."""
    try:
        yield
    except UnicodeDecodeError:
        raise
    except UnicodeError:
        detail = (
            "The encoding that was stated needs a byte order mark, with which the file does not begin. Say the order of the bytes "
            "(encoding=utf-16-le, utf-16-be, utf-32-le or utf-32-be), or another encoding, or none."
        )
        raise Rejected("not-in-encoding", detail) from None
