"""Every setting of Rowmill, typed, with its default. Read once, in the composition root; each stands in the README's table."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from backbone.errors import BadRequest
from backbone.model import COLUMNS_MAX

PREFIX = "ROWMILL_"
_USER_INFO = re.compile(r"(//|^).*@")  # greedy: an unescaped password may hold any of its characters
_SECRET_OPTION = re.compile(r"(api_key|password)=[^&]*")
FILE: Final = "_FILE"  # behind the name of a secret: the value stands in the file of that name
SECRETS: Final = (
    "postgres_url",
    "postgres_pooler_url",
    "files_url",
    "events_url",
    "search_url",
    "first_key",
    "metrics_key",
    "secret",
    "secret_before",
    "oidc_client_secret",
    "outgoing_proxy",
    "smtp_url",
)
SECRET_BYTES_MAX: Final = 64 * 1024
PARTITIONS_MAX: Final = 1_000  # PostgreSQL has a lock for each that a group holds, Kafka files
OF_OTHERS = ("ROWMILL_TEST_", "ROWMILL_FAULT_", "ROWMILL_URL", "ROWMILL_KEY")  # the tests' and the client's, not ours to read


NO_KEY: Final = "none"  # in the place of the first key


class Settings(Struct, frozen=True, kw_only=True):
    """A field `http_port` is set by the environment variable `ROWMILL_HTTP_PORT`."""

    home: str = "~/.rowmill"
    files_url: str = ""  # empty: a folder in `home`
    events_url: str = "postgres:"
    partitions: Annotated[int, Meta(ge=0, le=PARTITIONS_MAX)] = (
        0  # of a topic, as many pods as can share it; 0: 64 in Kafka, 12 in PostgreSQL
    )
    postgres_url: str = "embedded:"
    postgres_pooler_url: str = ""  # a PgBouncer in transaction mode before the same database: what needs no session goes through it
    search_url: str = "postgres:"
    http_host: str = "127.0.0.1"
    http_port: int = 8000
    tls_certificate: str = ""  # path of a PEM file, the chain included: it is HTTPS then, from TLS 1.2 on
    tls_key: str = ""  # path of the PEM file of its key
    http_hosts: str = ""  # further names of this server, comma between; on a loopback address its own names are always among them
    trusted_proxies: str = ""  # networks, comma between, whose X-Forwarded-For and -Proto are believed
    cors_origins: str = ""  # web pages of other origins that may change something, comma between
    auth: Literal["", "none", "keys"] = ""  # empty: none on a loopback address, or where `insecure` says so; else keys
    first_key: str = ""  # made at the start where nobody has a key with all rights; empty: one of chance, shown once; none: none
    metrics_key: str = ""  # made at the start, for a Prometheus
    oidc_issuer: str = ""  # whose JWTs are taken in the place of keys, as https://login.example/realm
    oidc_audience: str = ""  # that they have to be for
    oidc_client_id: str = ""  # of the web page, at the issuer: people sign in there; empty: they do not
    oidc_client_secret: str = ""  # where the issuer wants one
    oidc_scopes: str = "openid profile email"  # that the page asks for
    oidc_groups_claim: str = "groups"
    oidc_roles: str = ""  # `backbone/http/oidc_roles.py`
    insecure: bool = False  # on an address that other machines reach, although nobody is asked who they are
    secret: str = ""  # signs cursors, encrypts secrets of sources; empty: one made once per database and kept in it
    secret_before: str = ""  # former ones, comma between: what was encrypted with them is read still
    log_level: str = "info"
    access_log: bool = True  # a line for each request
    traces_url: str = ""  # OTLP over HTTP, as http://collector:4318/v1/traces; empty: traces stay in the log lines
    debug_port: int = 0  # debugpy listens there, on 127.0.0.1; 0: it does not
    chunk_bytes: int = 4 * 1024 * 1024
    record_bytes_max: int = 4 * 1024 * 1024
    file_bytes_max: int = 100 * 1024**3
    columns_max: int = COLUMNS_MAX
    workbook_bytes_max: int = 64 * 1024**2  # of a file of Excel or OpenDocument: it is read as a whole
    reader_memory_bytes_max: int = 768 * 1024**2  # of the process that reads a workbook, Parquet, Arrow or JSON
    spool_bytes_max: int = 768 * 1024**2  # of all such files that wait in the temporary folder, per process
    rejects_kept_max: int = 100_000
    versions_kept: int = 10  # per dataset, the current one included; a dataset may have its own number
    small_rows_max: int = 5_000  # a table of so many rows is searched in PostgreSQL, and has no index in Elasticsearch
    shard_rows_max: int = 20_000_000  # for so many rows, of 1,500 bytes each, an index in Elasticsearch has one shard; 0: for any number
    walks_kept_s: int = 3600  # that a version stays, whatever is published, after a walk through its pages began
    page_size_max: int = 1_000
    query_bytes_max: int = 4 * 1024
    query_clauses_max: int = 50
    parser_parallel: int = 2  # chunks in hand at once, per process
    indexer_parallel: int = 2
    attempts_max: int = 5  # of an event whose handler fails for a reason that is not a server being away
    postgres_connections_max: int = 10  # per process
    readers_max: int = 8  # connections for searches, groups and changes, per process, beside those
    read_timeout_s: float = 30.0  # that PostgreSQL works on one of them
    send_stall_s: float = 60.0  # that a client may leave a piece of an answer on the line
    export_files_bytes_max: int = 512 * 1024**2  # of Parquet and Arrow that are read in parts, per process; 0: none can be
    receiving_max: int = 16  # files that come in at once, per process
    receive_silence_s: float = 60.0  # without a byte: the client is given up
    receive_bytes_per_s_min: int = 1024  # on average, after `receive_silence_s` of waiting for the client; 0: any
    requests_per_minute_max: int = 6_000  # of one key, per process; 0: any
    reads_per_key_max: int = 6  # searches, groups, exports and changes of one key at once, per process; 0: any
    edits_gathered_s: float = 0.2  # rows that are sent to one dataset within this time go into one version
    receiving_per_key_max: int = 8  # files of one key at once, per process; 0: any
    held_per_key_max: int = 100  # uploads of one key that wait to be published; 0: any
    datasets_per_key_max: int = 1_000  # that were made with one key; 0: any
    rows_per_key_max: int = 0  # in what readers see of datasets that were made with one key; 0: any
    bytes_per_day_max: int = 0  # of files, sent with one key; 0: any
    receiving_lost_s: float = 60.0  # without a heartbeat: the process that received is taken for dead
    idempotency_kept_s: int = 24 * 3600
    resumable_kept_s: int = 24 * 3600  # files that are sent in pieces, since the last piece
    orphans_kept_s: int = 24 * 3600  # files that no upload needs; 0: for ever
    uploads_kept_days: int = 365  # of which no row is left in any version, with their chunks and rejects; 0: for ever
    audit_kept_days: int = 365  # 0: for ever
    dead_letters_kept_max: int = 10_000
    shutdown_s: float = 20.0  # for what is in hand when the process is told to stop
    parser_rows_per_s: int = 0  # per process; 0: as many as it can
    sources_parallel: int = 2  # runs of sources at once, and as many of enrichments, per process
    source_folders: str = ""  # folders of this machine that sources may read, comma between
    smtp_url: str = ""  # smtp://user:password@host:587, through which webhooks of mailto: go
    smtp_from: str = ""  # the address that they come from
    outgoing_allow: str = ""  # hosts, addresses and networks besides public ones that users may make this server ask: `backbone/outgoing`
    outgoing_proxy: str = ""  # http://proxy:3128, through which all of it goes
    outgoing_silence_s: float = 30.0  # without a byte: the server that was asked is given up
    outgoing_bytes_per_s_min: int = 1024  # on average, after `outgoing_silence_s` of waiting for it; 0: any
    outgoing_total_s: float = 3600.0  # of waiting for one answer
    outgoing_per_host_max: int = 4  # requests to one host at once, per process
    outgoing_requests_per_s: float = 10.0  # to one host, per process; 0: any

    @property
    def own_url(self) -> str:
        """Where it listens, for who sits in front of it."""
        return f"{'https' if self.tls_certificate else 'http'}://{self.http_host}:{self.http_port}"

    @property
    def home_path(self) -> Path:
        return Path(self.home).expanduser()


def exports_max(settings: Settings) -> int:
    """At once in one process; each has a connection of its own."""
    return max(1, settings.postgres_connections_max // 2)


def without_password(url: str) -> str:
    """The URL as it may stand in a message: whoever reads that need not know how to get in."""
    return _SECRET_OPTION.sub(r"\1=***", _USER_INFO.sub(r"\1***@", url))


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Raises `BadRequest` that names the variable for a value of the wrong kind, an unknown `ROWMILL_…` name, or a file of a secret that
    cannot be read."""
    known = {field.name for field in msgspec.structs.fields(Settings)}
    ours = {name: value for name, value in environment.items() if name.startswith(PREFIX) and not name.startswith(OF_OTHERS)}
    of_files = {PREFIX + name.upper(): PREFIX + name.upper() + FILE for name in SECRETS}
    for name, of_file in of_files.items():
        if path := ours.pop(of_file, ""):
            if ours.get(name):
                raise BadRequest("bad-setting", f"{name} and {of_file} are both set. Leave one of them out.")
            ours[name] = _read_secret(of_file, path)
    values = {name.removeprefix(PREFIX).lower(): value for name, value in ours.items()}
    if unknown := sorted(values.keys() - known):
        names = ", ".join(PREFIX + name.upper() for name in unknown)
        raise BadRequest("unknown-setting", f"No such setting: {names}. The README lists all settings.")
    try:
        return msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise BadRequest("bad-setting", f"A ROWMILL_ environment variable has the wrong kind of value: {error}") from None


def _read_secret(name: str, path: str) -> str:
    """Without the line end that editors put behind it."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(SECRET_BYTES_MAX + 1)
        text = content.decode()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text of UTF-8"
        raise BadRequest("bad-setting", f"{name} names {path}, which cannot be read: {reason}.") from None
    if len(content) > SECRET_BYTES_MAX or not text.strip():
        raise BadRequest("bad-setting", f"{name} names {path}, which is empty or longer than {SECRET_BYTES_MAX} bytes.")
    return text.rstrip("\r\n")
