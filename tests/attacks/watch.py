"""What an attack costs a running process: the requests that were made, what was answered, the most memory, and the worst wait for `/health/live`."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType

import httpx

from tests.flows.pods import Pod

HEALTH_S_MAX = 2.0  # on a machine that does other things as well; the table shows how long it was
MEMORY_MIB_MAX = 300
PAUSE_S = 0.02


@dataclass
class Cost:
    """A line of the table."""

    attack: str
    answers: Counter[int] = field(default_factory=Counter)
    peak_mib: float = 0.0
    live_s: list[float] = field(default_factory=list)

    @property
    def requests(self) -> int:
        return self.answers.total()

    @property
    def worst_live_s(self) -> float:
        return max(self.live_s, default=0.0)


COSTS: list[Cost] = []


class _Prober(threading.Thread):
    """Asks `/health/live` all the time, on a connection of its own each time, as a kubelet does."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self._url = url
        self._stopping = threading.Event()
        self.seconds: list[float] = []

    def __enter__(self) -> "_Prober":
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stopping.set()
        self.join()

    def run(self) -> None:
        with httpx.Client(base_url=self._url, timeout=60) as http:
            while not self._stopping.wait(PAUSE_S):
                began = time.perf_counter()
                http.get("/health/live").raise_for_status()
                self.seconds.append(time.perf_counter() - began)


@contextmanager
def watched(attack: str, pod: Pod) -> Iterator[Cost]:
    """The cost of what is done within; the answers are to be counted by whoever asks."""
    cost = Cost(attack)
    with _Prober(pod.url) as prober:
        yield cost
    cost.live_s = prober.seconds
    cost.peak_mib = pod.peak_mib()
    COSTS.append(cost)
