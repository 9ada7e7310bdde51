"""Describes options and body of an upload in the OpenAPI document: the handlers read both themselves, so the framework cannot know."""

from dataclasses import dataclass

from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIType, Operation, Parameter, RequestBody, Schema

from services.upload.options import OPTIONS


@dataclass
class FileBody(Operation):
    def __post_init__(self) -> None:
        file = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
        form = Schema(type=OpenAPIType.OBJECT, properties={"file": file}, required=["file"])
        self.parameters = [
            Parameter(name=name, param_in="query", description=told, schema=Schema(type=OpenAPIType.STRING))
            for name, told in OPTIONS.items()
        ]
        self.request_body = RequestBody(
            content={
                "application/octet-stream": OpenAPIMediaType(schema=file),
                "text/csv": OpenAPIMediaType(schema=file),
                "multipart/form-data": OpenAPIMediaType(schema=form),
            },
            required=True,
        )
