"""How much freed memory a process keeps to itself. Call it before polars is loaded: its allocator reads its settings then.

Both allocators keep, by default, what was freed in a pool for each thread, for a while: a scan that moves from thread to thread, as ours
does, then leaves its blocks in all of them. In the upload service 10,000 columns × 200 rows peaked at 358 to 395 MiB that way, and cells of 3 MiB
at 360; with one pool each, and what is free given back after 50 ms, at 297 to 302 and 278, at the same speed. Given back at once, scanning takes
a quarter longer. `python -m bench.extremes distributed` prints the peaks as they are now; those of the other settings were measured once.
"""

import ctypes
import os
from typing import Final

POLARS_SETTINGS: Final = "_RJEM_MALLOC_CONF"  # of jemalloc, as polars has it built in
ONE_POOL: Final = "narenas:1,dirty_decay_ms:50,muzzy_decay_ms:0"
M_ARENA_MAX: Final = -8  # of glibc's mallopt


def limit_malloc_arenas() -> None:
    """What the environment says already stays. Where there is another C library, nothing happens to its allocator."""
    os.environ.setdefault(POLARS_SETTINGS, ONE_POOL)
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt is not None and "MALLOC_ARENA_MAX" not in os.environ:
        mallopt(M_ARENA_MAX, 1)
