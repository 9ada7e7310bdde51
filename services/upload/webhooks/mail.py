"""The news of a webhook whose address is `mailto:`: a letter in plain words, sent through the operator's mail server."""

import re
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import aiosmtplib
import msgspec
from msgspec import Struct

from backbone.errors import BadRequest, Unavailable
from backbone.outgoing.addresses import Refused

MAILTO: Final = "mailto:"
TIMEOUT_S: Final = 30.0
FINDINGS_TOLD: Final = 10
LINE_CHARACTERS_MAX: Final = 300
_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")


class MailServer(Struct, frozen=True, kw_only=True):
    host: str
    port: int
    is_tls: bool  # from the first byte
    user: str | None
    password: str | None
    sender: str


def read_mail_server(url: str, sender: str) -> MailServer | None:
    """`smtp://user:password@host:587`, or `smtps://host`; None without a URL. Raises `BadRequest`."""
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise BadRequest("bad-setting", "ROWMILL_SMTP_URL must be smtp://[user:password@]host[:587] or smtps://….")
    if not _ADDRESS.fullmatch(sender):
        raise BadRequest("bad-setting", "ROWMILL_SMTP_FROM must be the address that mail comes from, such as rowmill@example.org.")
    is_tls = parts.scheme == "smtps"
    user, password = (unquote(part) if part is not None else None for part in (parts.username, parts.password))
    return MailServer(
        host=parts.hostname, port=parts.port or (465 if is_tls else 587), is_tls=is_tls, user=user, password=password, sender=sender
    )


def address_of(url: str) -> str:
    """Raises `Refused`."""
    address = url.removeprefix(MAILTO)
    if not _ADDRESS.fullmatch(address):
        raise Refused("bad-url", "After mailto: stands one address, such as mailto:prices@example.org, and nothing behind it.")
    return address


async def send_mail(server: MailServer, address: str, letter: EmailMessage) -> None:
    """Raises `Unavailable`."""
    letter["From"], letter["To"] = server.sender, address
    try:
        await aiosmtplib.send(
            letter,
            hostname=server.host,
            port=server.port,
            use_tls=server.is_tls,
            start_tls=True if server.user and not server.is_tls else None,  # a password never goes in the clear
            username=server.user,
            password=server.password,
            timeout=TIMEOUT_S,
        )
    except (aiosmtplib.SMTPException, OSError) as error:
        raise Unavailable("mail", f"The mail server does not take it: {_line(str(error)) or type(error).__name__}") from None


def letter_of(payload: str, delivery_id: str) -> EmailMessage:
    """What a person wants to know first."""
    told: dict[str, Any] = msgspec.json.decode(payload)
    data: Mapping[str, Any] = told["data"]
    letter = EmailMessage()
    about = data.get("dataset") or data.get("source") or data.get("subject") or ""
    letter["Subject"] = _line(f"Rowmill: {about}: {told['type']}")
    letter["Message-ID"] = f"<{delivery_id}@rowmill>"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content("\n".join(map(_line, _sentences(told, data))) + "\n")
    return letter


def _sentences(told: Mapping[str, Any], data: Mapping[str, Any]) -> list[str]:
    lines = [f"{told['type']} at {told['timestamp']}"]
    lines += [
        f"{name}: {data[name]}"
        for name in ("dataset", "source", "file_name", "state", "version", "records", "rows", "rejects")
        if name in data
    ]
    error = data.get("error")
    if isinstance(error, Mapping):
        lines.append(f"why: {error.get('detail', '')}")
    findings = data.get("findings")
    if isinstance(findings, list):
        lines += [f"{finding.get('level')} {finding.get('code')}: {finding.get('message')}" for finding in findings[:FINDINGS_TOLD]]
    return [*lines, f"id: {data.get('id', '')}"]


def _line(text: str) -> str:
    """On one line: what a file or its name holds makes no headers and no lines of its own."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())[:LINE_CHARACTERS_MAX]
