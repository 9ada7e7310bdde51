"""An export as a DataFrame of whichever library is there."""

import io
from typing import Any, Literal

Library = Literal["polars", "pandas"]


def read_frame(parquet: bytes, library: Library) -> Any:
    """Raises `ImportError` where the library is not installed; pandas needs pyarrow too."""
    if library == "pandas":
        import pandas

        return pandas.read_parquet(io.BytesIO(parquet))
    import polars

    return polars.read_parquet(io.BytesIO(parquet))
