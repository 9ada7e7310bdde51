"""A flag for each upload option of the client, with its help: `--delimiter`, `--on-warning`, … follow from `rowmill.options`."""

from typing import Annotated, Any, Literal, TypedDict, get_args, get_origin, get_type_hints

from cyclopts import Parameter

from rowmill.options import OPTIONS, UploadOptions


def _flag(name: str, hint: Any) -> Any:
    """Of several ways to say it in Python, text is the one for a command line."""
    members = get_args(hint) if get_origin(hint) is not Literal else (hint,)
    kind = hint if not members or get_origin(hint) is Literal else str
    return Annotated[kind, Parameter(help=OPTIONS[name])]


_FLAGS = {name: _flag(name, hint) for name, hint in get_type_hints(UploadOptions).items()}
UploadFlags: Any = TypedDict("UploadFlags", _FLAGS, total=False)  # type: ignore[misc]
