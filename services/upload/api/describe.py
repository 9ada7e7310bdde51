"""Describes options and body of an upload in the OpenAPI document: the handlers read both themselves, so the framework cannot know."""

from dataclasses import dataclass
from typing import Any, Final

import msgspec
from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIType, Operation, Parameter, RequestBody, Schema

from services.upload.options import UploadOptions

KEPT: Final = ("enum", "minimum", "maximum", "examples")


def option_schemas() -> dict[str, dict[str, Any]]:
    """The JSON schema of each option. None, which stands for "find out", is not a value that can be sent, and so left out."""
    _, components = msgspec.json.schema_components([UploadOptions])
    properties = components["UploadOptions"]["properties"]
    return {name: {**_without_null(schema), "description": schema["description"]} for name, schema in properties.items()}


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    values = [one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
    return {**values[0], **{name: schema[name] for name in ("examples", "default") if name in schema and schema[name] not in (None, "")}}


def _schema(option: dict[str, Any]) -> Schema:
    type_ = OpenAPIType(option.get("type", "string"))
    default = option.get("default")
    return Schema(type=type_, default=default if default != "" else None, **{name: option[name] for name in KEPT if name in option})


@dataclass
class FileBody(Operation):
    def __post_init__(self) -> None:
        options = option_schemas()
        file = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
        fields = {name: _schema(option) for name, option in options.items()}
        form = Schema(type=OpenAPIType.OBJECT, properties={**fields, "file": file}, required=["file"])
        self.parameters = [
            Parameter(name=name, param_in="query", description=option["description"], schema=fields[name])
            for name, option in options.items()
        ]
        self.request_body = RequestBody(
            content={
                "application/octet-stream": OpenAPIMediaType(schema=file),
                "text/csv": OpenAPIMediaType(schema=file),
                "multipart/form-data": OpenAPIMediaType(schema=form),
            },
            required=True,
        )
