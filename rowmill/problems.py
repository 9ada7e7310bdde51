"""What went wrong, as exceptions that say what to do. Pure."""

from collections.abc import Mapping
from typing import Any

from rowmill.shapes import Upload


class Problem(Exception):  # noqa: N818 -- the word of RFC 9457
    """An answer of 400 and more. `type` is stable ("unknown-column"), `detail` is for people, `members` tell the place of the fault."""

    def __init__(self, status: int, type: str, detail: str, members: Mapping[str, Any]) -> None:
        super().__init__(detail)
        self.status = status
        self.type = type
        self.detail = detail
        self.members = members


class UploadFailed(Exception):  # noqa: N818 -- the state's own name
    """The upload has ended, and its rows are not there. `upload` tells why."""

    def __init__(self, upload: Upload) -> None:
        reason = (upload.error or {}).get("detail", "no reason was given")
        super().__init__(f"upload {upload.id} of {upload.file_name} is {upload.state}: {reason}")
        self.upload = upload


def problem_of(status: int, content: Any) -> Problem:
    """`content` is the JSON of the answer, or None: a proxy on the way may have answered with a page."""
    members = content if isinstance(content, Mapping) else {}
    type = str(members.get("type", "http-error")).removeprefix("urn:rowmill:problem:")
    return Problem(status, type, str(members.get("detail", f"the server answered {status}")), members)
