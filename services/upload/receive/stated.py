"""What the headers of a request, or of a form's part, state about the file: obeyed, or refused. Pure."""

from typing import Final

from multipart import parse_options_header

from backbone.errors import NotCsv

PACKED: Final = ("identity", "gzip", "x-gzip", "zstd", "bzip2", "x-bzip2")  # all but the first are known by their first bytes


def stated_options(content_type: str) -> dict[str, str]:
    """The upload options that a Content-Type brings: `text/csv; charset=windows-1251; header=absent` (RFC 4180)."""
    _, parameters = parse_options_header(content_type)
    stated = {"encoding": parameters.get("charset", ""), "header": parameters.get("header", "")}
    return {option: value for option, value in stated.items() if value}


def check_content_encoding(content_encoding: str) -> None:
    """Raises `NotCsv` for a way of packing that would be taken for the file's own bytes."""
    for coding in content_encoding.lower().split(","):
        if coding.strip() and coding.strip() not in PACKED:
            detail = f"Content-Encoding: {coding.strip()} is not understood. Send the file as it is, or packed with gzip, zstd or bzip2."
            raise NotCsv("unknown-content-encoding", detail)
