"""Loads the benchmark's files by scan and parser alone, without a server: to see in a minute what a change does to the scores."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from backbone.errors import BadRequest, Rejected
from bench.pollock.loading import Loaded, Options
from tests.in_process import read_in_process


def read_all(files: Sequence[Path], options: Options) -> dict[str, Loaded]:
    """By file name."""
    return {file.name: _read(file, options) for file in files}


def _read(file: Path, options: Options) -> Loaded:
    try:
        said = options(file)
        table = read_in_process(file.read_bytes(), said)
    except (Rejected, BadRequest) as refused:
        return Loaded(None, str(refused))
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([table.titles, *table.rows] if table.dialect.header or "names" in said else table.rows)
    told = [f"{finding.level} {finding.code}" for finding in table.findings]
    return Loaded(text.getvalue().encode(), f"{len(table.rejects)} rejects, {told}")
