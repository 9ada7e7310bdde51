"""`rowmill backup` and `rowmill restore`: everything that a Rowmill of either home keeps, into a folder or an S3, and back."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from backbone.errors import BadRequest, DiskFull
from backbone.files.open import open_files
from backbone.files.port import FileStore
from backbone.lifecycle.backup import back_up
from backbone.lifecycle.backup_manifest import Manifest
from backbone.lifecycle.restore import open_backup
from backbone.lifecycle.restore import restore as bring_back
from backbone.settings import Settings, read_settings
from backbone.wiring import open_backbone
from services.command_line.maintain import rebuild_indices, verify_datasets
from services.command_line.one_sentence import one_sentence


@one_sentence
def backup(target: str) -> None:
    """Back up everything into a folder, or s3://user:password@bucket/prefix?endpoint=…, while uploads and readers go on. Into the same one again
    it copies what is new."""
    manifest = asyncio.run(_back_up(read_settings(os.environ), _store(target)))
    size = sum(copy.bytes for copy in manifest.files) + sum(copy.bytes for copy in manifest.tables)
    sys.stderr.write(
        f"Backed up {len(manifest.datasets)} datasets as of {manifest.made_at}: {len(manifest.files)} files, {size:,} bytes in all.\n"
    )


@one_sentence
def restore(
    source: str, *, at: Annotated[str, Parameter(help="The time of a backup, as its manifest has it; the newest when not given.")] = ""
) -> None:
    """Bring a backup back into an empty home or database: every checksum is compared, search indices are made anew, and all of it is verified."""
    settings = read_settings(os.environ)
    manifest = asyncio.run(_restore(settings, _store(source), at))
    if not asyncio.run(_prove(settings)):
        sys.exit(1)
    sys.stderr.write(f"Restored {len(manifest.datasets)} datasets as of {manifest.made_at}; everything adds up.\n")


async def _back_up(settings: Settings, target: FileStore) -> Manifest:
    async with open_backbone(settings) as backbone:
        try:
            return await back_up(backbone.engine, backbone.files, target)
        except DiskFull as error:
            if error.server == "files":  # it reads the store of files, and writes only to where the backup goes
                raise DiskFull("the backup", error.detail) from error
            raise
        finally:
            await target.close()


async def _restore(settings: Settings, source: FileStore, at: str) -> Manifest:
    manifest = await open_backup(source, at)
    async with open_backbone(settings) as backbone:
        try:
            for table in await bring_back(backbone.engine, backbone.files, backbone.rows, source, manifest):
                await backbone.rows.index_rows(table)
        finally:
            await source.close()
    return manifest


async def _prove(settings: Settings) -> bool:
    """Whether all of it adds up; what does not is printed."""
    await rebuild_indices(settings, ())
    is_whole = True
    async for verified in verify_datasets(settings, (), deep=False):
        sys.stdout.write("".join(f"{difference}\n" for difference in verified.differences))
        is_whole = is_whole and not verified.differences
    return is_whole


def _store(place: str) -> FileStore:
    """Raises `BadRequest`."""
    if place.startswith("s3://"):
        return open_files(place)
    if "://" in place:
        raise BadRequest("bad-place", "A backup goes into a folder, or to s3://bucket/prefix?endpoint=http://host:port.")
    return open_files(Path(place).expanduser().resolve().as_uri())
