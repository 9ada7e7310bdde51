"""What goes wrong while PostgreSQL is spoken to is told as what it is."""

import errno

import pytest

from backbone.errors import DiskFull, Unavailable
from backbone.postgres.engine import postgres_errors


async def raised(error: Exception) -> Unavailable:
    with pytest.raises(Unavailable) as told:
        async with postgres_errors():
            raise error
    return told.value


async def test_a_full_disk_of_this_machine_is_no_server_that_is_away() -> None:
    for number in (errno.ENOSPC, errno.EDQUOT):
        full = await raised(OSError(number, "No space left on device"))
        assert isinstance(full, DiskFull) and full.server == "this machine"
        assert "The disk of this machine is full" in full.advice
    away = await raised(ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"))
    assert not isinstance(away, DiskFull) and away.server == "postgres"
