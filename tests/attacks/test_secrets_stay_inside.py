"""A password that stands in a setting never stands in a message."""

import pytest
from sqlalchemy import text

from backbone.errors import BadRequest
from backbone.postgres.engine import make_engine
from backbone.settings import without_password
from backbone.wiring import check_index_url, open_log

PASSWORD = "S3cret"


@pytest.mark.parametrize(
    "url",
    [
        f"amqp://user:{PASSWORD}@host",
        f"kafkaa://user:{PASSWORD}/{PASSWORD}@host:9092/prefix",
        f"user:{PASSWORD}@host",
        f"httpx://host:9200/x?api_key={PASSWORD}&ca=/x",
        f"s3://{PASSWORD}:{PASSWORD}@bucket?endpoint=http://u:{PASSWORD}@host",
    ],
)
def test_no_message_about_a_setting_tells_its_password(url: str) -> None:
    assert PASSWORD not in without_password(url)
    for refused in (lambda: check_index_url(url), lambda: open_log(url, make_engine("postgresql://h/d", 1))):
        with pytest.raises(BadRequest) as error:
            refused()
        assert PASSWORD not in str(error.value)


@pytest.mark.parametrize("url", [f"postgresql://u:{PASSWORD}@h:bad/d", f"no url {PASSWORD}", ""])
def test_a_database_url_that_is_none_is_one_sentence(url: str) -> None:
    with pytest.raises(BadRequest, match="ROWMILL_POSTGRES_URL") as error:
        make_engine(url, 1)
    assert PASSWORD not in str(error.value)


async def test_values_stand_in_no_error_of_the_database(postgres_url: str) -> None:
    engine = make_engine(postgres_url, 1)
    try:
        async with engine.connect() as connection:
            with pytest.raises(Exception, match="no_such_table") as error:
                await connection.execute(text("SELECT * FROM no_such_table WHERE x = :value"), {"value": PASSWORD})
    finally:
        await engine.dispose()
    assert PASSWORD not in str(error.value)
