"""The lists in which uploads and rejects go out over HTTP. Pure."""

from msgspec import Struct

from backbone.http.upload_answer import Upload


class Uploads(Struct, frozen=True):
    uploads: list[Upload]
    next_cursor: str | None


class RejectOut(Struct, frozen=True):
    record: int
    line: int
    reason: str
    detail: str
    raw: str


class Rejects(Struct, frozen=True):
    upload: str
    total: int
    rejects: list[RejectOut]
    next_cursor: str | None
