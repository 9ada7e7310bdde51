"""Describes tus' headers in the OpenAPI document: the handlers read them themselves."""

from dataclasses import dataclass
from typing import Final

from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIType, Operation, Parameter, RequestBody, Schema

from services.upload.api.describe import FileBody
from services.upload.resumable.protocol import PIECE_TYPE, VERSION

TUS: Final = Parameter(
    name="Tus-Resumable",
    param_in="header",
    required=True,
    description="The protocol's version.",
    schema=Schema(type=OpenAPIType.STRING, enum=[VERSION]),
)


def _count(name: str, description: str) -> Parameter:
    schema = Schema(type=OpenAPIType.INTEGER, minimum=0)
    return Parameter(name=name, param_in="header", required=True, description=description, schema=schema)


def _text(name: str, description: str) -> Parameter:
    return Parameter(name=name, param_in="header", description=description, schema=Schema(type=OpenAPIType.STRING))


@dataclass
class Begins(FileBody):
    def __post_init__(self) -> None:
        super().__post_init__()
        metadata = _text("Upload-Metadata", "Options of an upload, `filename` among them, each with its value in base64: `mode dXBzZXJ0`.")
        self.parameters = [TUS, _count("Upload-Length", "Bytes of the whole file."), metadata, *(self.parameters or [])]
        self.request_body = None


@dataclass
class GoesOn(Operation):
    def __post_init__(self) -> None:
        checksum = _text("Upload-Checksum", "`sha1`, `sha256` or `md5`, a blank, and the piece's checksum in base64.")
        self.parameters = [
            *(self.parameters or []),
            TUS,
            _count("Upload-Offset", "Where the piece begins: what has come so far."),
            checksum,
        ]
        piece = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
        self.request_body = RequestBody(content={PIECE_TYPE: OpenAPIMediaType(schema=piece)}, required=True)


@dataclass
class Names(Operation):
    def __post_init__(self) -> None:
        self.parameters = [*(self.parameters or []), TUS]
