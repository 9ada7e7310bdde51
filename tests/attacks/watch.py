"""What an attack costs a running process: the requests that were made, what was answered, the most memory, and the worst wait for `/health/live`."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.flows.pods import Pod

HEALTH_S_MAX = 15.0  # on a machine that does ten other things as well: it tells a loop that stands still. The table tells how long it was
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


# In a process of its own, so that an attack that keeps this one busy does not count; on a new connection each time, as a kubelet asks.
_PROBER = """
import http.client, sys, time
host, pause_s = sys.argv[1], float(sys.argv[2])
print("ready", flush=True)
while True:
    began = time.perf_counter()
    connection = http.client.HTTPConnection(host, timeout=60)
    connection.request("GET", "/health/live")
    assert connection.getresponse().status == 200
    connection.close()
    print(time.perf_counter() - began, flush=True)
    time.sleep(pause_s)
"""


@contextmanager
def probed(url: str) -> Iterator[list[float]]:
    """Seconds that each answer of `/health/live` took meanwhile: there once it is left."""
    seconds: list[float] = []
    command = [sys.executable, "-c", _PROBER, urlsplit(url).netloc, str(PAUSE_S)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as prober:
        assert prober.stdout is not None
        prober.stdout.readline()
        try:
            yield seconds
        finally:
            prober.terminate()
            seconds += [float(line) for line in prober.stdout.read().splitlines()]


@contextmanager
def watched(attack: str, pod: Pod) -> Iterator[Cost]:
    """The cost of what is done within; the answers are to be counted by whoever asks."""
    cost = Cost(attack)
    with probed(pod.url) as seconds:
        yield cost
    cost.live_s = seconds
    cost.peak_mib = pod.peak_mib()
    COSTS.append(cost)
