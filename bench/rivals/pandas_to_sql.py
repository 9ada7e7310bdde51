"""The script that a user would write: `read_csv` in pieces, `to_sql(method="multi")`. Arguments: file, database URL, table."""

import sys

import pandas
from sqlalchemy import create_engine

file, url, table = sys.argv[1:]
engine = create_engine(url.replace("postgresql://", "postgresql+psycopg2://"))
with engine.begin() as connection:
    for frame in pandas.read_csv(file, chunksize=10_000):
        frame.to_sql(table, connection, if_exists="append", index=False, method="multi", chunksize=1_000)
