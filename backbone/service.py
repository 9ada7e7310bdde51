"""What a service is: its name, its routes, what it consumes and what it does now and then. Building one does no I/O; the composition root runs it."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from litestar.types import ControllerRouterHandler

from backbone.consume import Subscription
from backbone.consume.periodic import PeriodicTask
from backbone.metrics import Measure

Check = Callable[[], Awaitable[None]]
Loop = Callable[[asyncio.Event], Coroutine[Any, Any, None]]


@dataclass(frozen=True)
class Service:
    name: str
    routes: Sequence[ControllerRouterHandler] = ()
    subscriptions: Sequence[Subscription] = ()
    loops: Sequence[Loop] = ()  # what goes on beside, from the start until the event is set
    periodic_tasks: Sequence[PeriodicTask] = ()
    needs: Mapping[str, Check] = field(default_factory=dict)  # what /health/ready asks, by server
    measures: Mapping[str, Measure] = field(default_factory=dict)  # what /metrics asks for, beyond what every process does
