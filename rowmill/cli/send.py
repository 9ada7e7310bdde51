"""`rowmill upload`, `preview`, `retry` and `retype`: files on their way, or read again, and what becomes of them."""

import re
import sys
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, BinaryIO

from cyclopts import App, Parameter

from rowmill.cli import show
from rowmill.cli.connect import Json, Misused, Option, Url, open_client, pairs
from rowmill.cli.flags import UploadFlags
from rowmill.cli.progress import open_bar, watch
from rowmill.cli.terminal import out, print_json, safe
from rowmill.client import Client
from rowmill.shapes import Upload

Flags = Annotated[UploadFlags | None, Parameter(name="*")]
File = Annotated[str, Parameter(allow_leading_hyphen=True)]
Type = Annotated[str, Parameter(help="COLUMN:TYPE, as in `types=`: zip:text, price:decimal(1.234,56), day:date(%d/%m/%Y).")]
Wait = Annotated[bool, Parameter(help="Return when the rows can be searched.")]
STDIN = "-"
COLUMN_AND_TYPE = re.compile(r"(.+):([a-z]+(?:\(.*\))?)", re.DOTALL)


def add_sending(app: App) -> None:
    app.command(upload)
    app.command(preview)
    app.command(retry)
    app.command(retype)


def upload(*files: File, flags: Flags = None, option: Option = (), wait: Wait = True, json: Json = False, url: Url = "") -> None:
    """Upload CSV files, watch them load, and tell what became of them; `-` is stdin. Ends with 1 when one failed."""
    options = {**(flags or {}), **pairs(option)}
    sources = [_source(name) for name in _checked(files)]
    with open_client(url) as client:
        uploads = [_upload(client, source, options, wait=wait, json=json) for source in sources]
    _end(uploads)


def preview(file: File, /, *, flags: Flags = None, option: Option = (), json: Json = False, url: Url = "") -> None:
    """Show what a file would become: dialect, columns with their types so far, the first rows, what was decided. Nothing is stored."""
    with open_client(url) as client:
        seen = client.preview(_source(file), **{**(flags or {}), **pairs(option)})
    if json:
        return print_json([seen])
    return show.show_preview(out(), seen)


def retry(upload: str, *, wait: Wait = True, json: Json = False, url: Url = "") -> None:
    """Load a failed upload again from its stored file, and tell what became of it. Ends with 1 when it failed again."""
    with open_client(url) as client:
        started = client.retry(upload)
        if wait:
            with open_bar(started.file_name) as bar:
                started = watch(client, started, bar)
        _tell(client, started, json=json)
    _end([started])


def retype(dataset: str, *types: Type, hold: bool = False, wait: Wait = True, json: Json = False, url: Url = "") -> None:
    """Give columns of a dataset other types: its files are read again, beside the readers. Ends with 1 when a value does not fit.

    Parameters
    ----------
    hold
        The new version waits as HELD, to be looked at and published.
    """
    wanted = dict(map(_column_and_type, types))
    if not wanted:
        raise Misused("Which columns? `rowmill retype DATASET COLUMN:TYPE`, such as zip:text.")
    with open_client(url) as client:
        settings = client.change(dataset, types=wanted, hold=hold)
        if settings.upload is None:
            return print_json([settings]) if json else out().print(safe(f"{settings.name}: the columns have these types already."))
        started = client.get_upload(settings.upload)
        if wait:
            with open_bar(started.file_name) as bar:
                started = watch(client, started, bar)
        _tell(client, started, json=json)
    return _end([started])


def _column_and_type(text: str) -> tuple[str, str]:
    match = COLUMN_AND_TYPE.fullmatch(text)
    if match is None:
        raise Misused(f"{text} is no COLUMN:TYPE, such as zip:text.")
    return match[1], match[2]


def load(client: Client, file: Path | BinaryIO, options: dict[str, Any], *, wait: bool = True) -> Upload:
    """Sends a file under a bar; with `wait` it has ended when this returns."""
    with open_bar(str(options.get("file_name") or getattr(file, "name", ""))) as bar:
        sent = client.upload(file, progress=bar.sent, **options)
        return watch(client, sent, bar) if wait else sent


def _upload(client: Client, source: Path | BinaryIO, options: dict[str, Any], *, wait: bool, json: bool) -> Upload:
    done = load(client, source, options, wait=wait)
    _tell(client, done, json=json)
    return done


def _tell(client: Client, upload: Upload, *, json: bool) -> None:
    if json:
        return print_json([upload])
    show.show_upload(out(), upload)
    if upload.rejects:
        show.show_rejects(out(), upload, islice(client.rejects(upload, limit=show.REJECTS_SHOWN), show.REJECTS_SHOWN))
    return None


def _end(uploads: list[Upload]) -> None:
    if any(upload.state in ("FAILED", "CANCELLED") for upload in uploads):
        sys.exit(1)


def _checked(files: tuple[str, ...]) -> tuple[str, ...]:
    """All are there before the first is sent. Raises `Misused`."""
    if not files:
        raise Misused("Which file? `rowmill upload FILE`, or `-` for what comes on stdin.")
    if missing := [name for name in files if name != STDIN and not Path(name).exists()]:
        hint = "; `rowmill upload --help` lists the options" if any(name.startswith("-") for name in missing) else ""
        raise Misused(f"There is no file {', '.join(missing)}{hint}.")
    if folders := [name for name in files if name != STDIN and Path(name).is_dir()]:
        raise Misused(f"{', '.join(folders)} is a folder; name the files in it.")
    return files


def _source(name: str) -> Path | BinaryIO:
    return sys.stdin.buffer if name == STDIN else Path(_checked((name,))[0])
