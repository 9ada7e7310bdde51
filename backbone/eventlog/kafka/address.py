"""`kafka://[user:password@]host:9092[,host:9092][/prefix][?tls=true&ca=/path&cert=/path&key=/path&sasl=SCRAM-SHA-512]`: where Kafka is, and
how it is spoken to. Reads certificates, and nothing else."""

import ssl
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from aiokafka.helpers import create_ssl_context
from msgspec import Struct

from backbone.runtime.url_options import unusable, url_options

SASL: Final = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
SETTING: Final = "ROWMILL_EVENTS_URL"
OPTIONS: Final = ("tls", "ca", "cert", "key", "sasl")


class KafkaAddress(Struct, frozen=True):
    """`bootstrap` is `host:port[,host:port]`; `security` goes to each of aiokafka's clients."""

    bootstrap: str
    prefix: str = ""
    security: dict[str, Any] = {}


def read_address(url: str) -> KafkaAddress:
    """Raises `BadRequest` that tells no password."""
    parts = urlsplit(url)
    options = url_options(parts.query, SETTING, OPTIONS)
    user, _, bootstrap = parts.netloc.rpartition("@")
    tls = options.get("tls", "false")
    if tls not in ("true", "false"):
        raise unusable(SETTING, "tls is true or false")
    has_tls = tls == "true"
    if not has_tls and options.keys() & {"ca", "cert", "key"}:
        raise unusable(SETTING, "ca, cert and key need tls=true")
    security = _sasl(user, options.get("sasl")) | ({"ssl_context": _tls(options)} if has_tls else {})
    protocol = ("SASL_" if user else "") + ("SSL" if has_tls else "PLAINTEXT")
    return KafkaAddress(bootstrap, parts.path.strip("/"), {"security_protocol": protocol, **security} if user or has_tls else {})


def _sasl(user: str, mechanism: str | None) -> dict[str, Any]:
    if not user:
        if mechanism is not None:
            raise unusable(SETTING, "sasl needs user:password@ before the host")
        return {}
    mechanism = mechanism or "PLAIN"
    if mechanism not in SASL:
        raise unusable(SETTING, f"sasl is one of {', '.join(SASL)}")
    name, _, password = user.partition(":")
    return {"sasl_mechanism": mechanism, "sasl_plain_username": unquote(name), "sasl_plain_password": unquote(password)}


def _tls(options: dict[str, str]) -> ssl.SSLContext:
    """Without a CA, those of the machine count. Names are always checked."""
    try:
        context: ssl.SSLContext = create_ssl_context(cafile=options.get("ca"), certfile=options.get("cert"), keyfile=options.get("key"))
    except (OSError, ValueError) as error:  # SSLError is an OSError
        raise unusable(SETTING, f"ca, cert and key must be readable files of PEM ({error})") from None
    if "ca" not in options:
        context.load_default_certs()
    return context
