"""Health and metrics of a process, whichever services run in it."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from litestar import Response, get
from litestar.types import ControllerRouterHandler
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from backbone.errors import Unavailable
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
        return Response({"status": "not ready" if away else "ready", "services": names, "away": away}, status_code=status)

    @get("/metrics", include_in_schema=False)
    async def metrics() -> Response[bytes]:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return [live, ready, metrics]


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
