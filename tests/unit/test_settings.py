"""Settings: typed, read once, and every one of them in the README."""

from pathlib import Path

import msgspec
import pytest

from backbone.errors import BadRequest
from backbone.settings import Settings, read_settings

README = Path(__file__).parents[2] / "README.md"


@pytest.mark.parametrize("field", msgspec.structs.fields(Settings), ids=lambda field: field.name)
def test_every_setting_stands_in_the_readme(field: msgspec.structs.FieldInfo) -> None:
    lines = [line for line in README.read_text().splitlines() if line.startswith(f"| `ROWMILL_{field.name.upper()}` |")]
    assert len(lines) == 1
    if field.default not in ("", msgspec.NODEFAULT):
        assert f"`{field.default}`" in lines[0], f"the README's default of {field.name} is not {field.default}"


def test_values_are_typed() -> None:
    assert read_settings({"ROWMILL_HTTP_PORT": "9", "OTHER": "x", "ROWMILL_TEST_REQUIRE_STACK": "1"}).http_port == 9
    with pytest.raises(BadRequest, match="http_port"):
        read_settings({"ROWMILL_HTTP_PORT": "nine"})
    with pytest.raises(BadRequest, match="ROWMILL_HTTP_PROT"):
        read_settings({"ROWMILL_HTTP_PROT": "9"})
