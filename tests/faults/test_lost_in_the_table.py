"""Rows that PostgreSQL says it has taken, and has not: the balance is what notices, in whichever hand publishes."""

import pytest

from tests.flows.pods import Rowmill, embedded
from tests.flows.test_retry import on_its_database

LOSES = """
CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN EXECUTE format('DELETE FROM %I WHERE _row = $1 AND text = ''lost''', TG_TABLE_NAME) USING NEW._row; RETURN NULL; END $$"""
FROM_NOW_ON = """
DO $$ DECLARE name text; BEGIN
    SELECT 'rows_' || t.id INTO name FROM row_tables t JOIN datasets d ON d.id = t.dataset_id WHERE d.name = 'losing';
    EXECUTE format('CREATE TRIGGER loses AFTER INSERT ON %I FOR EACH ROW EXECUTE FUNCTION lose()', name);
END $$"""


def test_a_row_of_a_file_of_several_chunks() -> None:
    """Which the indexer counts in the range of the file alone."""
    many = b"n,text\n" + b"".join(b"%d,%s\n" % (n, b"lost" if n == 40 else b"kept") for n in range(2, 60))
    with embedded(ROWMILL_CHUNK_BYTES="80") as rowmill:
        rowmill.load(b"n,text\n1,first\n", dataset="losing")
        on_its_database(rowmill, LOSES, FROM_NOW_ON)
        failed = rowmill.wait(rowmill.upload(many, dataset="losing"))
        on_its_database(rowmill, "DROP FUNCTION lose() CASCADE")
        assert failed["error"]["type"] == "out-of-balance", failed
        assert rowmill.rows("losing", total="exact")["total"]["value"] == 1
        done = rowmill.load(many, dataset="losing")
        assert done["chunks"]["total"] > 3 and done["balance"]["visible_rows"] == 59
        rowmill.verify("losing")


@pytest.mark.parametrize("options", [{}, {"mode": "upsert", "key": "n"}], ids=["in the parser's hand", "in the indexer's"])
def test_a_row_that_is_lost_in_the_table(embedded_rowmill: Rowmill, options: dict[str, str]) -> None:
    rowmill = embedded_rowmill
    rowmill.load(b"n,text\n1,first\n", dataset="losing", **options)
    on_its_database(rowmill, LOSES, FROM_NOW_ON)
    try:
        failed = rowmill.wait(rowmill.upload(b"n,text\n2,kept\n3,lost\n", dataset="losing", **options))
    finally:
        on_its_database(rowmill, "DROP FUNCTION lose() CASCADE")
    assert (failed["state"], failed["error"]["type"]) == ("FAILED", "out-of-balance"), failed
    assert [row["values"]["n"] for row in rowmill.rows("losing")["rows"]] == [1]
    done = rowmill.load(b"n,text\n2,kept\n3,found\n", dataset="losing", **options)
    assert done["balance"]["visible_rows"] == 3
    rowmill.verify("losing")
    with rowmill.readers as http:
        assert http.delete("/api/datasets/losing").is_success
