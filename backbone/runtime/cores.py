"""How many cores this process may use, and threads on them for work that only computes."""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Final

CORES: Final = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
_FREE_MIN: Final = 4  # with fewer the other work and the threads of libraries keep all of them busy: handing over only costs then
_COMPUTING_MAX: Final = 8  # whoever hands work over keeps no more of them busy
# One pool for all that is computed at a time: more threads than cores would only take turns. Made as they are needed. None: there are too few cores.
POOL: Final = ThreadPoolExecutor(min(_COMPUTING_MAX, CORES), thread_name_prefix="computing") if CORES >= _FREE_MIN else None
