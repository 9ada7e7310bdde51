"""dlt's way from CSV to PostgreSQL. Arguments: file, database URL, table."""

import os
import sys
import tempfile
from pathlib import Path

import dlt
from dlt.sources.filesystem import filesystem, read_csv

file, url, table = sys.argv[1:]
os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
with tempfile.TemporaryDirectory() as folder:
    pipeline = dlt.pipeline("bench", pipelines_dir=folder, destination=dlt.destinations.postgres(url), dataset_name=f"dlt_{table}")
    files = filesystem(bucket_url=Path(file).parent.as_uri(), file_glob=Path(file).name)
    pipeline.run((files | read_csv()).with_name(table))
