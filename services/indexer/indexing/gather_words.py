"""Gathers the words of small datasets that have a version of which they are not kept yet: those just published, and those of before an upgrade.

Not in the transaction that publishes, which readers wait for: until then a search over all datasets asks this one in any case.
"""

from backbone.catalog.dataset_words import keep_words, lock_wordless
from backbone.postgres.engine import is_passing, transaction
from services.indexer.stores import Stores


async def gather_words(stores: Stores) -> None:
    """Repeatable; several at once share the work. Raises `Unavailable`, and in the end the first error that a dataset made."""
    after, failure = 0, None
    while True:
        wordless = None
        try:
            async with transaction(stores.engine) as connection:
                wordless = await lock_wordless(connection, after, by_todays_rule=stores.index.keeps_documents)
                if wordless is None:
                    break
                after = wordless.dataset_id
                await keep_words(connection, wordless)
        except Exception as error:
            if wordless is None or is_passing(error):
                raise
            failure = failure or error  # those behind it get theirs all the same
    if failure is not None:
        raise failure
