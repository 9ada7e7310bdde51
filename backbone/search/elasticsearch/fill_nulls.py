"""Documents made before a column was added do not have it: readers still get every column, null where the row is older. Pure."""

import msgspec

from backbone.model import Column


def fill_nulls(values: msgspec.Raw, columns: tuple[Column, ...]) -> msgspec.Raw:
    """`values` is a JSON object as `RowStore.documents` writes it: columns in order, so it has all of them if it has the last.

    The key is looked for as bytes: inside a JSON string its quotes would be escaped, so it can stand nowhere else. Only objects that
    lack it are taken apart, and their values stay the bytes they were, with every digit.
    """
    if not columns:
        return values
    last = msgspec.json.encode(columns[-1].name)
    written = bytes(values)
    if last + b" : " in written or last + b":" in written:
        return values
    known = msgspec.json.decode(written, type=dict[str, msgspec.Raw])
    return msgspec.Raw(msgspec.json.encode({column.name: known.get(column.name, msgspec.Raw(b"null")) for column in columns}))
