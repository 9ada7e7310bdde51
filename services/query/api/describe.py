"""What the framework cannot know of the answers of this service: 304 for what the client has already, and the formats of an export."""

from dataclasses import dataclass

from litestar.openapi.spec import OpenAPIFormat, OpenAPIHeader, OpenAPIMediaType, OpenAPIResponse, OpenAPIType, Operation, Schema

from services.query.export.export import MEDIA_TYPES

_TEXT = Schema(type=OpenAPIType.STRING)
_TAG = {"ETag": OpenAPIHeader(description="Tells of dataset, version and request; send it back as `If-None-Match`.", schema=_TEXT)}
_LINKS = {"Link": OpenAPIHeader(description='The pages beside this one: `<…>; rel="next"`, `rel="prev"`.', schema=_TEXT)}


@dataclass
class Read(Operation):
    def __post_init__(self) -> None:
        assert self.responses is not None
        answer = self.responses["200"]
        assert isinstance(answer, OpenAPIResponse)
        answer.headers = {**_TAG, **_LINKS}
        self.responses["304"] = OpenAPIResponse(description="Nothing has changed since `If-None-Match`.")


@dataclass
class Export(Operation):
    def __post_init__(self) -> None:
        file = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
        content = {media_type.partition(";")[0]: OpenAPIMediaType(schema=file) for media_type in MEDIA_TYPES.values()}
        whole = OpenAPIResponse(
            description="All rows; with `parts`, the URLs of so many exports (JSON).", headers=dict(_TAG), content=content
        )
        self.responses = {
            "200": whole,
            "206": OpenAPIResponse(
                description="The part that `Range` asks for, of csv, ndjson or json.", headers=dict(_TAG), content=content
            ),
            "304": OpenAPIResponse(description="Nothing has changed since `If-None-Match`."),
        }
