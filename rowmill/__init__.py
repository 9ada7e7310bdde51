"""A client of Rowmill's API, for programs: `Client` and, for asyncio and trio, `AsyncClient`. Needs httpx and nothing else."""

from rowmill.async_client import AsyncClient
from rowmill.calls import SearchOptions, UploadOptions
from rowmill.client import Client
from rowmill.problems import Problem, UploadFailed
from rowmill.shapes import Column, Dataset, DatasetHits, Page, Row, Total, Upload, Version

__all__ = [
    "AsyncClient",
    "Client",
    "Column",
    "Dataset",
    "DatasetHits",
    "Page",
    "Problem",
    "Row",
    "SearchOptions",
    "Total",
    "Upload",
    "UploadFailed",
    "UploadOptions",
    "Version",
]
