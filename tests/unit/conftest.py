"""What the unit tests share."""

from collections.abc import Iterator

import pytest

from backbone.csvread import cells


@pytest.fixture(scope="module", params=["columns", "cells"])
def reader(request: pytest.FixtureRequest) -> Iterator[str]:
    """Reads the module's files in both ways, whatever their width: few records have the many columns that cells are for."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "cells":
            patch.setattr(cells, "WIDE_COLUMNS", 0)
        yield request.param
