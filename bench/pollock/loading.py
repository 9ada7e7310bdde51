"""Brings files through Rowmill and back: each is uploaded into a dataset of its own and exported as CSV, over HTTP."""

import asyncio
import csv
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import httpx
from msgspec import Struct

from tests.flows.pods import ENDED

UPLOADS_AT_ONCE: Final = 6
POLL_S: Final = 0.05
TIMEOUT_S: Final = 120.0

Options = Callable[[Path], Mapping[str, str]]


class Loaded(Struct, frozen=True):
    """`table` is None where Rowmill refused the file; `reason` then says why, otherwise how many rejects there were and what was told."""

    table: bytes | None
    reason: str


def read_options(parameters: Mapping[str, Any]) -> dict[str, str]:
    """A file's own parameters as upload options. What the benchmark leaves empty is left to be found out."""
    options = {"delimiter": str(parameters["delimiter"]).strip(" ") or " ", "quote": str(parameters["quotechar"])}
    if parameters["escapechar"] not in ("", parameters["quotechar"]):
        options["escape"] = str(parameters["escapechar"])
    if not parameters["delimiter"]:
        options = {}
    if str(parameters["encoding"]) not in ("", "ascii"):
        options["encoding"] = str(parameters["encoding"])
    header_rows, skip, skip_end = (int(parameters[f"{place}_lines"]) for place in ("header", "preamble", "footnote"))
    options |= {"header": "true" if header_rows else "false", "skip": str(skip)}
    if header_rows > 1:
        options["header_rows"] = str(header_rows)
    if not header_rows and parameters["column_names"]:
        options["names"] = ",".join(map(str, parameters["column_names"]))
    options["empty"] = "true"  # some of the files have no records, and that is what they stand for
    if skip_end:
        options["skip_end"] = str(skip_end)
    return {name: value for name, value in options.items() if value or name == "escape"}


async def load_all(url: str, files: Sequence[Path], options: Options, prefix: str) -> dict[str, Loaded]:
    """By file name. `prefix` begins the names of the datasets."""
    room = asyncio.Semaphore(UPLOADS_AT_ONCE)
    async with httpx.AsyncClient(base_url=url, timeout=TIMEOUT_S) as http:

        async def load(number: int, file: Path) -> Loaded:
            async with room:
                return await _load(http, file, {**options(file), "dataset": f"{prefix}-{number}", "file_name": file.name})

        loaded = await asyncio.gather(*(load(number, file) for number, file in enumerate(files)))
    return {file.name: one for file, one in zip(files, loaded, strict=True)}


async def _load(http: httpx.AsyncClient, file: Path, options: Mapping[str, str]) -> Loaded:
    content = await asyncio.to_thread(file.read_bytes)
    answer = await http.post("/api/uploads", params=dict(options), content=content, headers={"Content-Type": "text/csv"})
    if answer.is_error:
        return Loaded(None, f"{answer.status_code} {_problem(answer)}")
    upload = answer.json()
    while upload["state"] not in ENDED:
        await asyncio.sleep(POLL_S)
        upload = (await http.get(f"/api/uploads/{upload['id']}")).json()
    told = [f"{finding['level']} {finding['code']}" for finding in upload.get("findings", ())]
    if upload["state"] != "COMPLETE":
        return Loaded(None, f"{upload['state']}: {upload.get('reason') or upload.get('error') or told}")
    table = await http.get(f"/api/datasets/{options['dataset']}/export", params={"format": "csv"})
    table.raise_for_status()
    reason = f"{upload['rejects']} rejects, {told}"
    # A file without a header has names of Rowmill's own making: what the file says is the records.
    has_titles = upload["dialect"]["header"] or "names" in options
    return Loaded(table.content if has_titles else _without_first_record(table.text), reason)


def _without_first_record(table: str) -> bytes:
    records = list(csv.reader(io.StringIO(table, newline="")))[1:]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(records)
    return text.getvalue().encode()


def _problem(answer: httpx.Response) -> str:
    problem = answer.json()
    return str(problem.get("detail") or problem.get("title"))
