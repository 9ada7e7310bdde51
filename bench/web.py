"""What the web page costs a browser, printed as a table: `python -m bench.web [ROWS] [UPLOAD_MB]` (`make web-measure`). 5,000,000 rows and 5,000 MB where
nothing is said. Headless Chromium against an embedded Rowmill on this machine: nothing is drawn by a graphics card."""

import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page

from bench.homes import machine
from tests.flows.pods import Rowmill, embedded, wait_for
from tests.web.browser import open_browser, visit

ROWS: Final = 5_000_000
UPLOAD_MB: Final = 5_000
SCRIPT_KB_MAX: Final = 250
OPENED_TIMES: Final = 5
SCROLL_S: Final = 10
LOAD_TIMEOUT_S: Final = 3_600
UPLOAD_TIMEOUT_MS: Final = 3_600_000.0
TOLD_AFTER: Final = timedelta(seconds=10)  # an event is on its way for a second, and processes tell of themselves every three
SAMPLE_MS: Final = 500.0

SCRIPTS: Final = (
    "performance.getEntriesByType('resource').filter((one) => /\\.js$/.test(one.name)).reduce((sum, one) => sum + one.encodedBodySize, 0)"
)
PAINTED: Final = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
WATCH_CLICKS: Final = """
window.slowest = 0
new PerformanceObserver((list) => { for (const one of list.getEntries()) window.slowest = Math.max(window.slowest, one.duration) })
  .observe({ type: 'event', durationThreshold: 16, buffered: true })
"""
# As a hand would: a few rows a frame; or by the scroll bar, from the first row to the last.
SCROLL: Final = """
([seconds, whole]) => new Promise((done) => {
  const grid = document.querySelector('[role=grid]')
  const end = grid.scrollHeight - grid.clientHeight
  const frames = []
  const begin = performance.now()
  let last = begin
  const step = (now) => {
    frames.push(now - last)
    last = now
    const part = (now - begin) / (seconds * 1000)
    grid.scrollTop = whole ? end * Math.min(1, part) : Math.min(end, (now - begin) * 2)
    if (part < 1) requestAnimationFrame(step)
    else done(frames.slice(1))
  }
  requestAnimationFrame(step)
})
"""

Line = tuple[str, str]


def main(rows: int, upload_mb: int) -> None:
    print(f"{machine()}\n")
    with embedded() as rowmill, open_browser() as browser:
        lines = [
            *measure_first_page(rowmill, browser),
            *measure_scrolling(rowmill, browser, rows),
            *measure_upload(rowmill, browser, upload_mb),
        ]
    width = max(len(name) for name, _ in lines)
    for name, figure in lines:
        print(f"{name:<{width}}  {figure}")


def measure_first_page(rowmill: Rowmill, browser: Browser) -> Iterator[Line]:
    painted: list[float] = []
    script_kb = clicked = 0.0
    for _ in range(OPENED_TIMES):
        with visit(browser, rowmill.pods["all"].url) as visitor:
            page = visitor.page
            page.add_init_script(WATCH_CLICKS)
            visitor.open()
            page.get_by_role("heading", name="Files", exact=True).wait_for()
            page.wait_for_load_state()
            script_kb = page.evaluate(SCRIPTS) / 1000
            painted.append(page.wait_for_function(PAINTED).json_value())
            clicked = max(clicked, _click_about(page))
    yield "script of the first page, compressed", f"{script_kb:.0f} kB (at most {SCRIPT_KB_MAX})"
    yield "first contentful paint, median", f"{statistics.median(painted):.0f} ms (of {OPENED_TIMES} visits, nothing cached)"
    yield "slowest click until it is painted", f"{clicked:.0f} ms"


def _click_about(page: Page) -> float:
    for name in ("Datasets", "Workers", "Files"):
        page.get_by_role("link", name=name, exact=True).click()
        page.get_by_role("heading", level=1, name=name).wait_for()
    page.get_by_role("button", name="Paste rows").click()
    page.get_by_role("dialog").wait_for()
    return float(page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(window.slowest), 100)))"))


def measure_scrolling(rowmill: Rowmill, browser: Browser, rows: int) -> Iterator[Line]:
    with tempfile.TemporaryDirectory(prefix="rowmill-bench-") as folder:
        file = Path(folder) / "scrolled.csv"
        with file.open("w") as written:
            written.write("sku,name,price,made\n")
            written.writelines(f"{n},article {n % 977},{n % 10_000}.50,2026-{n % 12 + 1:02}-{n % 28 + 1:02}\n" for n in range(rows))
        with rowmill.uploads as http, file.open("rb") as content:
            upload = http.post("/api/uploads", params={"dataset": "scrolled"}, content=content, timeout=LOAD_TIMEOUT_S).json()
        ended = datetime.fromisoformat(rowmill.wait(upload, LOAD_TIMEOUT_S)["completed_at"])
        wait_for(lambda: _is_at_rest(rowmill, ended + TOLD_AFTER), LOAD_TIMEOUT_S, "the index of words is there")
    with visit(browser, rowmill.pods["all"].url) as visitor:
        page = visitor.open("/datasets/scrolled")
        page.get_by_role("gridcell").first.wait_for()
        for whole, how in ((False, "60 rows a second"), (True, f"all {rows:,} in {SCROLL_S} s")):
            busy = _busy_of(page)
            frames: list[float] = page.evaluate(SCROLL, [SCROLL_S, whole])
            yield f"frames while scrolling, {how}", _frames(frames, busy())
        yield "script's memory after that", f"{_heap_mb(page):.0f} MB"
        page.get_by_text(f"of {rows:,}").wait_for()


def _is_at_rest(rowmill: Rowmill, since: datetime) -> bool:
    """No queue has anything: an index that is being made would take both cores from the page, and the rows would come late."""
    with rowmill.readers as http:
        told = http.get("/api/workers").raise_for_status().json()
    if not all(datetime.fromisoformat(worker["seen_at"]) > since for worker in told["workers"]):
        return False  # what was told before the index was begun
    return all(queue["events"] == 0 for queue in told["queues"]) and not any(worker["in_hand"] for worker in told["workers"])


def _busy_of(page: Page) -> Callable[[], float]:
    """For how many seconds of a processor the page's main thread has worked since: however many others want the machine."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def worked() -> float:
        return float(next(one["value"] for one in session.send("Performance.getMetrics")["metrics"] if one["name"] == "TaskDuration"))

    before = worked()
    return lambda: worked() - before


def _frames(frames: list[float], busy_s: float) -> str:
    cuts = statistics.quantiles(frames, n=100, method="inclusive")
    apart = f"{cuts[49]:.1f} ms at the median, {cuts[94]:.1f} at 95 %, {cuts[98]:.1f} at 99 %"
    return f"{1000 * len(frames) / sum(frames):.0f} a second; {apart}; the page works {1000 * busy_s / len(frames):.1f} ms for each"


def _heap_mb(page: Page) -> float:
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return float(metrics["JSHeapUsedSize"]) / 1e6


def measure_upload(rowmill: Rowmill, browser: Browser, size_mb: int) -> Iterator[Line]:
    """Until all of it is sent; what the server makes of it is measured elsewhere."""
    memory = _memory_of(browser)
    with _large_file(size_mb) as file, visit(browser, rowmill.pods["all"].url) as visitor:
        page = visitor.open()
        page.get_by_test_id("pick-files").set_input_files(file)
        load = page.get_by_role("button", name="Load into large")
        load.wait_for()
        before = memory()
        load.click()
        last = page.get_by_text("All sent").or_(page.get_by_role("row").filter(has_text="large.csv"))
        page.get_by_text("% sent").wait_for(timeout=UPLOAD_TIMEOUT_MS)
        seen = [memory()]
        while last.count() == 0:
            page.wait_for_timeout(SAMPLE_MS)
            seen.append(memory())
    yield (
        f"browser's memory, sending {size_mb:,} MB",
        f"{before:.0f} MB before, {seen[len(seen) // 2]:.0f} halfway, {max(seen):.0f} at most",
    )


@contextmanager
def _large_file(size_mb: int) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="rowmill-bench-") as folder:
        file = Path(folder) / "large.csv"
        record = b"1," + b"x" * 999_997 + b"\n"
        with file.open("wb") as written:
            written.write(b"n,text\n")
            written.writelines(record for _ in range(size_mb))
        yield file


def _memory_of(browser: Browser) -> Callable[[], float]:
    """In MB, of all the browser's processes; what they share counts once."""
    session: Any = browser.new_browser_cdp_session()

    def read() -> float:
        pids = [one["id"] for one in session.send("SystemInfo.getProcessInfo")["processInfo"]]
        return sum(map(_pss_kib, pids)) * 1024 / 1e6

    return read


def _pss_kib(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has just ended
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS, int(sys.argv[2]) if len(sys.argv) > 2 else UPLOAD_MB)
