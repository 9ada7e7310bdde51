"""The balance: the proof, taken before every publish, that nothing got lost and nothing doubled. Pure."""

from msgspec import Struct

from backbone.model import Balance


class ChunkBalance(Struct, frozen=True):
    number: int
    records: int
    rows: int
    rejects: int
    indexed: int


def differences(balance: Balance, chunks: list[ChunkBalance], rows_expected: int) -> list[str]:
    """A sentence for everything that does not add up; an empty list when all does. `rows_expected` are visible by the catalog."""
    sentences = [
        f"chunk {chunk.number} has {chunk.records} records, but {chunk.rows} rows and {chunk.rejects} rejects"
        for chunk in chunks
        if chunk.records != chunk.rows + chunk.rejects
    ]
    sentences += [
        f"chunk {chunk.number} has {chunk.rows} rows, but {chunk.indexed} documents" for chunk in chunks if chunk.rows != chunk.indexed
    ]
    if balance.records != balance.rows + balance.rejects:
        sentences.append(f"the scan found {balance.records} records, but {balance.rows} rows and {balance.rejects} rejects came of them")
    if balance.visible_rows != rows_expected:
        sentences.append(f"PostgreSQL shows {balance.visible_rows} rows where the catalog expect {rows_expected}")
    if balance.visible_documents != balance.visible_rows:
        sentences.append(f"the search index shows {balance.visible_documents} documents for {balance.visible_rows} rows")
    return sentences
