"""Settings: typed, read once, and every one of them in the README."""

from pathlib import Path

import msgspec
import pytest

from backbone.errors import BadRequest
from backbone.eventlog.kafka.log import KafkaEventLog
from backbone.eventlog.postgres.log import PostgresEventLog
from backbone.postgres.engine import make_engine
from backbone.settings import SECRETS, Settings, read_settings
from backbone.wiring import open_log

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
    for partitions in ("-1", "1001", "many"):
        with pytest.raises(BadRequest, match="partitions"):
            read_settings({"ROWMILL_PARTITIONS": partitions})
    with pytest.raises(BadRequest, match="ROWMILL_HTTP_PROT"):
        read_settings({"ROWMILL_HTTP_PROT": "9"})


async def test_partitions_are_as_set_or_as_many_as_are_right_for_the_home() -> None:
    engine = make_engine("postgresql://nowhere/none", 1)
    for setting, in_kafka, in_postgres in (("0", 64, 12), ("100", 100, 100)):
        settings = read_settings({"ROWMILL_PARTITIONS": setting})
        kafka, postgres = (open_log(url, engine, settings.partitions) for url in ("kafka://nowhere:9092", "postgres:"))
        assert isinstance(kafka, KafkaEventLog)
        assert isinstance(postgres, PostgresEventLog)
        assert (kafka.partitions, postgres.partitions) == (in_kafka, in_postgres)


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_may_stand_in_a_file(name: str, tmp_path: Path) -> None:
    variable, file = f"ROWMILL_{name.upper()}", tmp_path / "secret"
    file.write_text("s3cret text\n")
    assert getattr(read_settings({f"{variable}_FILE": str(file)}), name) == "s3cret text"
    assert getattr(read_settings({f"{variable}_FILE": ""}), name) == getattr(Settings(), name)
    assert f"`{variable}_FILE`" in README.read_text()
    with pytest.raises(BadRequest, match="both set"):
        read_settings({f"{variable}_FILE": str(file), variable: "x"})
    for wrong, content in {"empty": b"\n", "binary": b"\xff", "long": b"x" * 70_000}.items():
        (tmp_path / wrong).write_bytes(content)
        with pytest.raises(BadRequest, match=f"{variable}_FILE"):
            read_settings({f"{variable}_FILE": str(tmp_path / wrong)})
    with pytest.raises(BadRequest, match="No such file"):
        read_settings({f"{variable}_FILE": str(tmp_path / "none")})


def test_no_other_setting_stands_in_a_file(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="ROWMILL_HTTP_PORT_FILE"):
        read_settings({"ROWMILL_HTTP_PORT_FILE": str(tmp_path)})
