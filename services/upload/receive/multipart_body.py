"""Takes the file out of a multipart/form-data body as it streams by. Form fields before it are options, like those in the URL."""

from collections.abc import AsyncIterator, Callable
from typing import Final

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from backbone.errors import BadRequest

FIELDS_MAX: Final = 100
FIELDS_BYTES_MAX: Final = 1024 * 1024  # all of them together, names included
FIELD_BYTES_MAX: Final = 64 * 1024
HEADER_BYTES_MAX: Final = 16 * 1024


def boundary_of(content_type: str) -> str | None:
    """The boundary of a multipart/form-data content type; None for a body that is no form. Raises `BadRequest`."""
    kind, options = parse_options_header(content_type)
    if not kind.startswith("multipart/"):
        return None
    if kind != "multipart/form-data" or not options.get("boundary"):
        detail = f"Content-Type: {kind} without boundary= cannot be read. Leave this header to the HTTP library, or send the file as the raw body."
        raise BadRequest("no-boundary", detail)
    return str(options["boundary"])


async def file_part(
    body: AsyncIterator[bytes], boundary: str, on_field: Callable[[str, str], None], on_file: Callable[[str, str], None]
) -> AsyncIterator[bytes]:
    """The bytes of the first part that has a file name. `on_field` (name, value) and `on_file` (name, content type) are called
    for what stands before its content.

    Raises `BadRequest` for a body that is no such form, has no file, has two, or ends before its last boundary.
    """
    parser = PushMultipartParser(boundary, max_header_size=HEADER_BYTES_MAX, max_segment_size=2**63)
    part: MultipartSegment | None = None
    files, text, fields = 0, bytearray(), FormFields()
    try:
        with parser:
            async for block in body:
                for event in parser.parse(block):
                    if isinstance(event, MultipartSegment):
                        part, text = event, bytearray()
                        fields.add(event)
                        if event.filename is not None:
                            files += 1
                            _only_one(files)
                            on_file(event.filename, event.header("Content-Type") or "")
                    elif event and part is not None and part.filename is not None:
                        yield bytes(event)
                    elif event:
                        text += event
                        fields.count(len(event))
                        _short_enough(part, text)
                    elif part is not None and part.filename is None:
                        _before_the_file(part.name, files)
                        on_field(part.name, text.decode("utf-8", "strict"))
    except (MultipartError, UnicodeDecodeError) as error:
        raise BadRequest("bad-multipart", f"The multipart body cannot be read: {error}. Was the upload cut off?") from None
    if files == 0:
        raise BadRequest("no-file", "The form has no file in it: send one part with a file name, e.g. curl -F file=@products.csv.")


class FormFields:
    """How much of the limit a form has used up."""

    def __init__(self) -> None:
        self._parts = 0
        self._bytes = 0

    def add(self, part: MultipartSegment) -> None:
        self._parts += 1
        if self._parts > FIELDS_MAX:
            raise BadRequest("too-many-fields", f"The form has more than {FIELDS_MAX} fields. An upload knows fewer options than that.")
        self.count(sum(len(name) + len(value) for name, value in part.headerlist))

    def count(self, size_bytes: int) -> None:
        self._bytes += size_bytes
        if self._bytes > FIELDS_BYTES_MAX:
            detail = f"The form's fields are longer than {FIELDS_BYTES_MAX} bytes in all. Is a file missing its file name?"
            raise BadRequest("fields-too-long", detail)


def _only_one(files: int) -> None:
    if files > 1:
        raise BadRequest("two-files", "The form has more than one file: send one file per upload.")


def _before_the_file(name: str, files: int) -> None:
    if files:
        raise BadRequest(
            "field-after-file", f"The form field {name!r} comes after the file, too late to take effect: put the fields first."
        )


def _short_enough(part: MultipartSegment | None, text: bytearray) -> None:
    if len(text) > FIELD_BYTES_MAX:
        name = part.name if part is not None else ""
        raise BadRequest(
            "field-too-long", f"The form field {name!r} is longer than {FIELD_BYTES_MAX} bytes. Is a file missing its file name?"
        )
