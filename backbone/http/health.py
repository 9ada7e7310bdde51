"""Health of a process, whichever services run in it."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Final

from litestar import Response, get
from litestar.types import ControllerRouterHandler

from backbone.errors import Unavailable
from backbone.metrics import SERVER_SECONDS, SERVER_UP, Reading
from backbone.runtime.principal import asking
from backbone.service import Check, Service

CHECK_TIMEOUT_S: Final = 3.0


def health_routes(services: Sequence[Service]) -> list[ControllerRouterHandler]:
    needs: dict[str, Check] = {name: check for service in services for name, check in service.needs.items()}
    names = [service.name for service in services]

    @get("/health/live", include_in_schema=False)
    async def live() -> dict[str, object]:
        return {"status": "up", "services": names}

    @get("/health/ready", include_in_schema=False)
    async def ready() -> Response[dict[str, object]]:
        """200 when every server that these services need answers, else 503 that names the ones that do not."""
        away = await _away(needs)
        status = 503 if away else 200
        if not asking().may("metrics", "read"):  # addresses and versions of servers are not for whoever comes by
            away = dict.fromkeys(away, "away")
        return Response({"status": "not ready" if away else "ready", "services": names, "away": away}, status_code=status)

    return [live, ready]


async def measure_servers(needs: Mapping[str, Check]) -> list[Reading]:
    """Whether each answers, and how long that took."""
    answers = await asyncio.gather(*(_timed(check) for check in needs.values()))
    up = [Reading(SERVER_UP, name, answer is None) for name, (answer, _) in zip(needs, answers, strict=True)]
    return [*up, *(Reading(SERVER_SECONDS, name, seconds) for name, (_, seconds) in zip(needs, answers, strict=True))]


async def _timed(check: Check) -> tuple[str | None, float]:
    began = time.perf_counter()
    return await _ask(check), time.perf_counter() - began


async def _away(needs: Mapping[str, Check]) -> dict[str, str]:
    answers = await asyncio.gather(*(_ask(check) for check in needs.values()))
    return {name: answer for name, answer in zip(needs, answers, strict=True) if answer is not None}


async def _ask(check: Check) -> str | None:
    try:
        await asyncio.wait_for(check(), CHECK_TIMEOUT_S)
    except TimeoutError:
        return f"no answer in {CHECK_TIMEOUT_S} s"
    except Unavailable as error:
        return error.detail
    return None
