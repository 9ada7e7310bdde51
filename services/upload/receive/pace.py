"""How slow a client may be: a connection that a laptop left open when it was shut brings no error and no bytes, and one that brings a byte
now and then keeps its place from others for ever.

Only the time in which we wait for the client counts: while our own disk is slow, it is not the client who is.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from msgspec import Struct

from backbone.errors import Rejected
from backbone.settings import Settings


class Pace(Struct, frozen=True):
    """`silence_s`: without a byte the client is given up. `bytes_per_s_min`: on average, once it was waited for as long as that; 0: any."""

    silence_s: float
    bytes_per_s_min: int


def pace_of(settings: Settings) -> Pace:
    return Pace(settings.receive_silence_s, settings.receive_bytes_per_s_min)


_FOR_EVER: Final = float("inf")


async def paced(body: AsyncIterator[bytes], pace: Pace) -> AsyncIterator[bytes]:
    """The same blocks. Raises `Rejected`."""
    blocks = aiter(body)
    clock = asyncio.get_running_loop().time
    size_bytes, waited_s = 0, 0.0
    while True:
        patience_s = pace.silence_s + size_bytes / pace.bytes_per_s_min - waited_s if pace.bytes_per_s_min else _FOR_EVER
        begun = clock()
        try:
            async with asyncio.timeout(max(0.0, min(pace.silence_s, patience_s))):
                block = await anext(blocks)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise _given_up(pace, size_bytes, is_mute=patience_s >= pace.silence_s) from None
        waited_s += clock() - begun
        size_bytes += len(block)
        yield block


def _given_up(pace: Pace, size_bytes: int, *, is_mute: bool) -> Rejected:
    if is_mute:
        why = f"No byte came for {pace.silence_s:g} s"
    else:
        why = f"After {pace.silence_s:g} s the body came with fewer than {pace.bytes_per_s_min} bytes a second ({size_bytes} in all)"
    return Rejected("body-cut-off", f"{why}, so the client was given up. Nothing was kept: send the file again.")
