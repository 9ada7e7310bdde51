"""Exports over HTTP, whole or in part."""

from collections import OrderedDict
from typing import IO, Annotated, Any, Final
from urllib.parse import quote

import msgspec
import polars as pl
from litestar import Response, get
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream
from litestar.types import ControllerRouterHandler
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.errors import BadRequest, Busy
from backbone.http.accept_header import liked_type
from backbone.http.head_requests import IS_HEAD
from backbone.http.problems import problem
from backbone.model import View
from backbone.query.ast import Extract
from services.query.api.conditional_response import Asked, answer_from, parameters, unchanged
from services.query.api.dataset_routes import DATASETS, FILTER, Version
from services.query.api.describe import Export
from services.query.api.etags import NO_CACHE, tag_of_view
from services.query.export.byte_ranges import ByteRange, cut, read_range
from services.query.export.export import FRAMED, MEDIA_TYPES, PLAIN, ExportRequest, Exports, Format, begun
from services.query.export.kept_files import KeptFiles, read_part
from services.query.export.kept_files import size_of as file_size
from services.query.export.parts import parts_of
from services.query.responses import Answer
from services.query.snapshot import TRIES_MAX, Snapshot

SIZES_KEPT_MAX: Final = 1_000
PARTS_MAX: Final = 1_000
ROW: Final = "^[0-9]{0,18}$"
FORMAT = "`csv`, `ndjson`, `json` (a list), `parquet`, `arrow` (an IPC file), `xlsx`. Without it `Accept` chooses by media type, and else it is csv."
Filters = Annotated[list[str] | None, QueryParameter(name="filter", description=FILTER)]


def export_routes(engine: AsyncEngine, exports: Exports, kept: KeptFiles) -> list[ControllerRouterHandler]:
    sizes: OrderedDict[str, int] = OrderedDict()  # ETag to length in bytes; a version does not change, so neither does this

    async def size_of(view: View, request: ExportRequest, extract: Extract, tag: str) -> int:
        """Counted by making it once: the end of a part must be told before the part."""
        if tag not in sizes:
            sizes[tag] = sum([len(block) async for block in exports.stream(view, request.format, extract)])
            while len(sizes) > SIZES_KEPT_MAX:
                sizes.popitem(last=False)
        return sizes[tag]

    async def export_once(request: Asked, name: str, asked: ExportRequest) -> Response[Any] | Stream | None:
        """None when the version went while the export began. What is read is one snapshot, so what happens later does not matter."""
        snapshot = await Snapshot.open(engine, name, asked.version)
        view = snapshot.view
        extract = exports.read_extract(view, asked)
        plain, framed = asked.format in PLAIN, asked.format in FRAMED
        tag = tag_of_view(
            view,
            ["export", asked.format, asked.q, asked.filters, asked.sort, asked.fields, asked.safe, asked.canonical, asked.rows]
            + ([pl.__version__] if framed else []),  # the next one may write other bytes
            weak=not (plain or framed),
        )
        if (known := unchanged(request, tag)) is not None:
            return known
        headers = {
            "ETag": tag,
            "Cache-Control": NO_CACHE,
            "Accept-Ranges": "bytes" if plain or framed else "none",
            "Vary": "Accept",
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(f'{name}-v{view.version}.{asked.format}')}",
        }
        if framed and (IS_HEAD in request.scope or _asks_for_a_part(request, tag)):
            file = await kept.open(tag, lambda: exports.stream(view, asked.format, extract))
            if file is not None:
                if await snapshot.still_current():
                    return _of_file(request, file, MEDIA_TYPES[asked.format], headers)
                file.close()
                return None
            headers["Accept-Ranges"] = "none"
        size = await size_of(view, asked, extract, tag) if plain and _asks_for_a_part(request, tag) else 0
        part = read_range(request.headers.get("range"), size) if size else None
        if part is not None and part.length <= 0:
            return _behind_the_end(size)
        blocks = await begun(exports.stream(view, asked.format, extract))
        if not await snapshot.still_current():
            await blocks.aclose()
            return None
        if part is None:
            return Stream(blocks, media_type=MEDIA_TYPES[asked.format], headers=headers)
        range_headers = {"Content-Range": f"bytes {part.first}-{part.last}/{size}", "Content-Length": str(part.length)}
        return Stream(cut(blocks, part), status_code=206, media_type=MEDIA_TYPES[asked.format], headers={**headers, **range_headers})

    async def in_parts(request: Asked, name: str, asked: ExportRequest, parts: int) -> Response[Any]:
        if asked.sort:
            raise BadRequest("bad-export", "Parts are in file order: leave sort out, and sort what comes of them.")

        async def read(view: View) -> Answer:
            exports.read_extract(view, asked)
            return Answer(
                msgspec.json.encode(parts_of(view, request.url.path, parameters(request), await exports.parts(view, parts))), None
            )

        return await answer_from(await Snapshot.open(engine, name, asked.version), request, "export-parts", read)

    @get(DATASETS + "/{name:str}/export", operation_class=Export, tags=["rows"])
    async def export_rows(
        request: Asked,
        name: FromPath[str],
        format: Annotated[Format | None, QueryParameter(description=FORMAT)] = None,
        q: Annotated[str, QueryParameter(description="Only rows that this query finds.")] = "",
        filters: Filters = None,
        sort: Annotated[str, QueryParameter(description="Columns, comma between; `-price,name`. Without it: file order.")] = "",
        fields: Annotated[str, QueryParameter(description="Columns to bring, comma between, in this order; all when empty.")] = "",
        version: Version = None,
        safe: Annotated[
            bool, QueryParameter(description="CSV for spreadsheets: an apostrophe before texts that would be taken for a formula.")
        ] = False,
        canonical: Annotated[
            bool,
            QueryParameter(
                description="CSV with dates in ISO 8601 and plain numbers, as JSON has them, where it would have values as the file wrote them."
            ),
        ] = False,
        parts: Annotated[
            int | None,
            QueryParameter(
                ge=1, le=PARTS_MAX, description="Answers the URLs (JSON) of so many exports of about as many rows each, all of one version."
            ),
        ] = None,
        from_row: Annotated[
            str, QueryParameter(pattern=ROW, description="Only rows of this number and behind it; `parts` writes it.")
        ] = "",
        before_row: Annotated[str, QueryParameter(pattern=ROW, description="Only rows before this number.")] = "",
    ) -> Response[Any] | Stream:
        """All rows that a search finds, in one version, streamed. CSV without `q` and `filter` gives the file's header and records back,
        in order, value for value. All but xlsx can be read in parts and resumed
        (`Range`, `If-Range`); Parquet and Arrow are kept as files meanwhile."""
        asked = ExportRequest(
            format=format or _liked_format(request),
            q=q,
            filters=tuple(filters or ()),
            sort=sort,
            fields=fields,
            version=version,
            safe=safe,
            canonical=canonical,
            rows=(int(from_row) if from_row else None, int(before_row) if before_row else None),
        )
        if parts is not None:
            return await in_parts(request, name, asked, parts)
        for _ in range(TRIES_MAX):
            if (response := await export_once(request, name, asked)) is not None:
                return response
        raise Busy("versions-change", f"Dataset {name!r} changes its versions faster than an export can begin. Try again.")

    return [export_rows]


def _liked_format(request: Asked) -> Format:
    """Raises `NotAcceptable`."""
    formats = {media_type: format for format, media_type in MEDIA_TYPES.items()}
    return formats[liked_type(request.headers.get("accept", ""), tuple(formats))]


def _asks_for_a_part(request: Asked, tag: str) -> bool:
    """With `If-Range`, a part only of what the client has the beginning of."""
    return "range" in request.headers and request.headers.get("if-range", tag) == tag


def _of_file(request: Asked, file: IO[bytes], media_type: str, headers: dict[str, str]) -> Response[Any] | Stream:
    size = file_size(file)
    part = read_range(request.headers.get("range"), size)
    if part is not None and part.length <= 0:
        file.close()
        return _behind_the_end(size)
    whole = ByteRange(0, size - 1)
    headers = headers | {"Content-Length": str((part or whole).length)}
    if part is not None:
        headers["Content-Range"] = f"bytes {part.first}-{part.last}/{size}"
    return Stream(read_part(file, part or whole), status_code=206 if part else 200, media_type=media_type, headers=headers)


def _behind_the_end(size: int) -> Response[Any]:
    answer = problem(416, "no-such-range", f"There are {size} bytes; the range begins behind them.")
    answer.headers["Content-Range"] = f"bytes */{size}"
    return answer
