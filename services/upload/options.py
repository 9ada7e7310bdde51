"""What the user says about an upload, in the URL or in form fields. Pure."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from backbone.books.datasets import check_dataset_name, name_from_file
from backbone.errors import BadRequest
from backbone.model import Mode

FILE_NAME_CHARACTERS_MAX: Final = 255


class UploadOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    file_name: str = "upload.csv"
    dataset: str = ""  # empty: named after the file
    mode: Mode = "append"

    @property
    def dataset_name(self) -> str:
        return self.dataset or name_from_file(self.file_name)


OPTION_NAMES: Final = frozenset(UploadOptions.__struct_fields__)


def read_options(given: Mapping[str, Any]) -> UploadOptions:
    """Raises `BadRequest` that names the option."""
    if unknown := sorted(given.keys() - OPTION_NAMES):
        raise BadRequest("unknown-option", f"Unknown option {', '.join(unknown)}; the options are {', '.join(sorted(OPTION_NAMES))}.")
    if given.get("mode") == "upsert":
        raise BadRequest("mode-not-available", "mode=upsert is not available yet; append and replace are.")
    try:
        options = msgspec.convert(given, UploadOptions, strict=False)
    except msgspec.ValidationError as error:
        raise BadRequest("bad-option", f"An option has a value it cannot have: {error}.") from None
    if not 0 < len(options.file_name) <= FILE_NAME_CHARACTERS_MAX or "\0" in options.file_name:
        raise BadRequest("bad-file-name", f"file_name must have 1 to {FILE_NAME_CHARACTERS_MAX} characters, none of them NUL.")
    if options.dataset:
        check_dataset_name(options.dataset)
    return options
