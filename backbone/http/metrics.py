"""`/metrics`: what this process counted, and what is measured in the moment somebody asks, at most every few seconds."""

import asyncio
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Final

import structlog
from litestar import Response, get
from litestar.plugins.prometheus import PrometheusConfig
from litestar.types import ControllerRouterHandler
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from backbone.errors import Unavailable
from backbone.metrics import BUILD, MEASURE_FAILURES, SHORT_S, Measure, Reading, start_at_zero

MEASURED_EVERY_S: Final = 5.0  # so that many who ask cost no more than one
MEASURE_TIMEOUT_S: Final = 4.0  # below the 10 s that Prometheus waits by default

log = structlog.get_logger()


def requests_config() -> PrometheusConfig:
    """Requests by route, not by path: a dataset's name would make a series of its own."""
    return PrometheusConfig(
        app_name="rowmill", prefix="rowmill_http", group_path=True, buckets=list(SHORT_S), exclude=["^/metrics$", "^/health/"]
    )


def metrics_routes(measures: Mapping[str, Measure]) -> list[ControllerRouterHandler]:
    measuring = Measuring(measures)
    BUILD.info({"version": version("rowmill")})

    @get("/metrics", include_in_schema=False)
    async def metrics() -> Response[bytes]:
        await measuring.refresh()
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return [metrics]


class Measuring:
    """The measurements of one process. One that fails takes its readings away, so that nobody takes an old value for a new one."""

    def __init__(self, measures: Mapping[str, Measure]) -> None:
        self._measures = measures
        self._shown: dict[str, set[tuple[Gauge, str]]] = {}
        self._turn = asyncio.Lock()
        self._measured_at = float("-inf")
        start_at_zero(MEASURE_FAILURES, measures)

    async def refresh(self) -> None:
        """Never raises."""
        async with self._turn:
            now = asyncio.get_running_loop().time()
            if now - self._measured_at < MEASURED_EVERY_S:
                return
            self._measured_at = now
            await asyncio.gather(*(self._show(name, measure) for name, measure in self._measures.items()))

    async def _show(self, name: str, measure: Measure) -> None:
        readings = await _measured(name, measure)
        for gauge, label, value in readings:
            gauge.labels(label).set(value)
        shown = {(reading.gauge, reading.label) for reading in readings}
        for gauge, label in self._shown.get(name, set()) - shown:
            gauge.remove(label)
        self._shown[name] = shown


async def _measured(name: str, measure: Measure) -> Sequence[Reading]:
    try:
        return await asyncio.wait_for(measure(), MEASURE_TIMEOUT_S)
    except (Unavailable, TimeoutError) as error:
        log.warning("measurement failed", measure=name, detail=str(error) or f"no answer in {MEASURE_TIMEOUT_S} s")
    except Exception as error:
        log.error("measurement failed", measure=name, exc_info=error)
    MEASURE_FAILURES.labels(name).inc()
    return []
