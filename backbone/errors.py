"""The errors that services act on. Each has one fate (`docs/design/delivery.md`).

`Rejected` is never retried: the same input gives the same refusal. `Unavailable` says that a server is away: back off and try
again, without counting an attempt. Anything else that is raised is a bug: bounded attempts, then the dead letters.
Adapters translate their library's errors into these, so that no caller knows which library stands behind a port.
"""

from collections.abc import Mapping


class Rejected(Exception):  # noqa: N818 -- the design's word
    """Input that cannot be accepted, now or later.

    `code` is the stable last part of the problem's `type`; `detail` is a sentence that says what happened, where, and what to
    do; `place` holds further members for the problem+json answer (record, line, column, character).
    """

    status = 422

    def __init__(self, code: str, detail: str, **place: object) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.place: Mapping[str, object] = place


class BadRequest(Rejected):
    """A request that cannot be read: an unknown column, a broken cursor, a query with a syntax error."""

    status = 400


class NotFound(Rejected):
    """What was asked for does not exist."""

    status = 404


class Gone(NotFound):
    """It was there when the place in it was given out, and is no more."""

    status = 410


class Conflict(Rejected):
    """The thing exists, but its state does not allow this."""

    status = 409


class Outdated(Rejected):
    """The request is for a state of the thing that is no more."""

    status = 412


class NotAcceptable(Rejected):
    """There is nothing here of the kinds that the client takes."""

    status = 406


class TooLarge(Rejected):
    """A limit was exceeded; `detail` names the limit and the setting that raises it."""

    status = 413


class NotCsv(Rejected):
    """The file, or the way in which it was sent, is something else; `detail` says what."""

    status = 415


class TooSlow(Rejected):
    """The request can be understood, and takes longer than any may. The same one again takes as long."""

    status = 422


class Busy(Rejected):
    """A limit of what may go on at once is reached: the same request may succeed a little later."""

    status = 429


class Unavailable(Exception):  # noqa: N818 -- the design's word
    """A server (`server`: "kafka", "postgres", "elasticsearch", "files") does not answer, or asks us to come back later."""

    code = "server-away"  # of the problem that a client is told
    status = 503

    def __init__(self, server: str, detail: str) -> None:
        super().__init__(f"{server}: {detail}")
        self.server = server
        self.detail = detail

    @property
    def advice(self) -> str:
        return f"A server that this needs is away for the moment: {self.server}. Try again."


class DiskFull(Unavailable):
    """The server answers, but has no room to write. Work waits until somebody has made some, as for a server that is away."""

    code = "disk-full"
    status = 507

    @property
    def advice(self) -> str:
        return (
            f"The disk of {self.server} is full. Make room on it; what was stored before is unharmed, and waiting work goes on by itself."
        )


class ReadOnly(Unavailable):
    """The server answers, but takes no writes: a standby after a fail-over, or maintenance."""

    code = "read-only"

    @property
    def advice(self) -> str:
        return f"{self.server} is read-only for the moment, so nothing can be loaded; reading works. Try again."
